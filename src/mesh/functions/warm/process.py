"""A forked replica's process, as the mesh sees it: not its own child, but told about by the warm parent."""

import asyncio
import os
import signal


class ForkedProcess:
    """Implements mesh.functions.child.Process."""

    def __init__(self, pid: int, stdout: asyncio.StreamReader) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int | None = None
        self._over = asyncio.Event()

    def end(self, status: int) -> None:
        """The warm parent has told its exit status."""
        self.returncode = status
        self._over.set()

    async def wait(self) -> int:
        await self._over.wait()
        return self.returncode or 0

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, signal.Signals(number))
