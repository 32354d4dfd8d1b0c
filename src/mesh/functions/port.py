"""What the rest of the mesh sees of its functions."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from mesh.control.shapes import FunctionStatus, LogLine


class Functions(Protocol):
    """The functions of a project, each behind its activator."""

    def url(self, key: str) -> str:
        """The function's own local address (its activator's), for a reference to the Service `namespace/name`.

        Raises NotFound for a name that is no function.
        """
        ...

    def replica(self, key: str) -> AbstractAsyncContextManager[str]:
        """Hold a slot of a running replica and yield its base URL; starts one when there is none.

        Raises StartFailed when the replica dies before it listens.
        """
        ...

    def status(self) -> Sequence[FunctionStatus]: ...

    def logs(self, name: str, *, follow: bool) -> AsyncIterator[LogLine]:
        """The newest lines of a function's output, oldest first; with `follow` the stream does not end.

        Raises NotFound for a name that is no function.
        """
        ...
