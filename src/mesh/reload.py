"""What a saved manifest or func.yaml sets off: the new state, or the last good one and the reason."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from mesh.addresses import Resolver
from mesh.broker.history import History
from mesh.dispatching import Dispatching
from mesh.errors import InvalidManifests
from mesh.functions.hosting import Hosting
from mesh.manifests.immutable import immutable_problems
from mesh.manifests.model import Project
from mesh.manifests.project import load


class Reload:
    """Loads the files again and applies them whole; raises InvalidManifests, and then nothing has changed."""

    def __init__(
        self,
        project: Project,
        root: Path,
        functions: Hosting,
        dispatching: Dispatching,
        resolver: Resolver,
        history: History,
        announce: Callable[[], Awaitable[None]],
    ) -> None:
        self._project = project
        self._root = root
        self._functions = functions
        self._dispatching = dispatching
        self._resolver = resolver
        self._history = history
        self._announce = announce

    async def __call__(self) -> None:
        saved = load(self._root)
        wrong = [*saved.problems, *immutable_problems(self._project, saved)]
        if wrong:
            self._history.tell("reload", f"refused: {wrong[0]}")
            raise InvalidManifests(wrong)
        await self._functions.apply(saved)
        self._dispatching.open(saved)
        await self._dispatching.subscribe(saved)
        await self._announce()  # a broker takes events when its triggers will not miss them
        await self._dispatching.dispatch(saved, self._resolver)
        self._project = saved
        self._history.tell("reload", "the saved files hold")

    def warnings(self) -> Sequence[str]:
        """What `mesh check` warns of in the files that hold now."""
        return [str(warning) for warning in self._project.warnings]
