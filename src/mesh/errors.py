"""Every error of the mesh is a sentence that names the place and the remedy.

MeshError
├── UsageError           wrong flags, files or manifests: exit status 2
│   └── InvalidManifests every problem found, each with file, line and path
├── NotDone              the thing asked did not happen: exit status 1
│   ├── StartFailed      a function or a service did not start
│   └── NotFound         nothing of that name
├── NoAnswer             an HTTP attempt ended without a response
└── LedgerUnavailable    the event cannot be stored now
"""

from collections.abc import Sequence

from mesh.manifests.problem import Problem


class MeshError(Exception):
    """The mesh's own errors; anything else that escapes is a bug."""


class UsageError(MeshError):
    """What was asked cannot be understood; trying it again changes nothing."""


class InvalidManifests(UsageError):  # noqa: N818 - the name says what is wrong
    """Files that the mesh refuses to load; `problems` lists all of them, not only the first."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class NotDone(MeshError):  # noqa: N818
    """What was asked was understood and did not happen."""


class StartFailed(NotDone):
    """A function or a service did not start; the sentence ends with its own last words."""


class NotFound(NotDone):
    """Nothing of that name is here."""


class NoAnswer(MeshError):  # noqa: N818
    """An HTTP attempt ended without a response: refused, cut off, or not HTTP."""


class LedgerUnavailable(MeshError):  # noqa: N818
    """The disk is full or failing: nothing was stored, and the producer is told so."""
