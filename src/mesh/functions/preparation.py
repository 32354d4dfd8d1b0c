"""From a function's directory to what its replicas are made of: staged files, an environment, settings."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mesh.clock import Clock
from mesh.functions import settings, staging
from mesh.functions.environments import Needs, python_for
from mesh.functions.layouts import Layout
from mesh.functions.settings import Sources
from mesh.functions.staging import Staged
from mesh.manifests.model import Destination, Function, SinkBinding


@dataclass(frozen=True, slots=True)
class Prepared:
    """A function that can be started. Two that are equal make the same replicas, unless `staged.changed`."""

    function: Function
    staged: Staged = field(compare=False)
    python: Path
    values: Mapping[str, str] = field(repr=False)  # of func.yaml and of SinkBindings


@dataclass(frozen=True, slots=True)
class Preparation:
    """How functions are prepared; `url` is where a SinkBinding's sink is on this machine."""

    root: Path
    layout: Layout
    clock: Clock
    say: Callable[[str], None]
    url: Callable[[Destination], str]

    async def stage(self, functions: Sequence[Function]) -> list[Staged]:
        """Raises UsageError."""
        return await asyncio.to_thread(staging.stage_all, self.root, functions, self.layout)

    async def finish(
        self, function: Function, staged: Staged, sources: Sources, bindings: Sequence[SinkBinding]
    ) -> Prepared:
        """Raises StartFailed."""
        python = await python_for(Needs.of(staged.directory), self.root, self.clock, self.say)
        values = settings.resolve(function, sources).values
        return Prepared(function, staged, python, {**values, **settings.bound(function, bindings, self.url)})
