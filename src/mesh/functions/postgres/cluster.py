"""The data directory of the dev service: made once, checked at every start, freed of a server that was left behind."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from mesh.clock import Clock
from mesh.errors import StartFailed
from mesh.functions import child
from mesh.functions.child import Command
from mesh.functions.postgres import binaries
from mesh.functions.postgres.account import Account

USER = "postgres"
DATABASE = "cabs"
INITDB_SECONDS = 120.0
LEFT_BEHIND_SECONDS = 20.0
PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A `directory` for everything, whose `data` is whole when it exists."""

    directory: Path
    programs: Path
    account: Account
    sockets: Path

    @property
    def data(self) -> Path:
        return self.directory / "data"

    async def prepare(self, clock: Clock) -> None:
        """Make the data directory, or check the one that is there. Raises StartFailed."""
        if self.data.exists():
            self._check_version()
            await self._end_left_behind(clock)
        else:
            await self._create()

    def command(self, *words: str) -> Command:
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
        program = str(self.programs / words[0])
        return Command((program, *words[1:]), self.directory, environment, (), self.account.wrapper, signal.SIGINT)

    async def _create(self) -> None:
        beside = self.directory / "data.new"
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(mode=0o700)
        self.account.give(beside)
        words = ("initdb", "-D", str(beside), f"--username={USER}", "--auth=trust", "--encoding=UTF8", "--no-locale")
        await self._finish(*words, "--no-instructions")
        await self._create_database(beside)
        beside.rename(self.data)

    async def _create_database(self, data: Path) -> None:
        """Without a server: single-user mode reads statements from a file given as stdin."""
        words = (
            "-c",
            'echo "CREATE DATABASE $2" | exec "$0" --single -D "$1" postgres',
            str(self.programs / "postgres"),
        )
        command = self.command("postgres")
        shell = Command(
            ("sh", *words, str(data), DATABASE), command.directory, command.environment, (), command.wrapper
        )
        await self._run(shell, "postgres --single")

    async def _finish(self, *words: str) -> None:
        await self._run(self.command(*words), words[0])

    async def _run(self, command: Command, name: str) -> None:
        try:
            status, output = await child.finish(command, within_seconds=INITDB_SECONDS)
        except TimeoutError:
            raise StartFailed(f"{name} of the dev Postgres did not end within {INITDB_SECONDS:.0f} s") from None
        except OSError as error:
            raise StartFailed(f"{name} of the dev Postgres cannot be run: {error}") from error
        if status != 0:
            raise StartFailed(f"{name} of the dev Postgres failed (status {status}):\n{output}")

    def _check_version(self) -> None:
        try:
            made_by = (self.data / "PG_VERSION").read_text().strip()
        except OSError as error:
            raise StartFailed(f"{self.data} is no data directory of Postgres: {remedy(self.directory)}") from error
        running = binaries.major_version(self.programs)
        if made_by != str(running):
            raise StartFailed(
                f"{self.data} was made by Postgres {made_by}, and {self.programs} is Postgres {running}: "
                f"use Postgres {made_by}, or {remedy(self.directory)}"
            )

    async def _end_left_behind(self, clock: Clock) -> None:
        """Stop a server of a mesh that was killed; whoever holds the state directory owns it."""
        file = self.data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError):
            pid = int(file.read_text().split("\n", 1)[0])
            if not serves(pid, self.data):
                if sys.platform == "linux":
                    file.unlink()  # that pid is another process by now, which Postgres would take for a server
                return
            await self._stop(pid, clock)

    async def _stop(self, pid: int, clock: Clock) -> None:
        for death in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, death)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LEFT_BEHIND_SECONDS / 4):
                    while serves(pid, self.data):
                        await clock.sleep(0.02)
                    return
        raise StartFailed(f"process {pid} is a Postgres on {self.data} and cannot be stopped: end it by hand")


def remedy(directory: Path) -> str:
    return f"move {directory} away to start with an empty database, or set DATABASE_URL to a database of your own"


def serves(pid: int, data: Path) -> bool:
    """Whether process `pid` is the Postgres of `data`, which is its working directory. Linux only, elsewhere False."""
    try:
        return (PROC / str(pid) / "cwd").resolve(strict=True) == data.resolve()
    except OSError:
        return False
