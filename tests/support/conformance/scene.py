"""What a row works with: its broker's ingress, its places at the receiver, and the mesh's own commands."""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import urlsplit

from support.conformance.exchange import Answer, exchange, written
from support.conformance.receiver import Place, Received, Receiver
from support.conformance.row import Row

Headers = tuple[tuple[str, str | bytes], ...]

QUIET_SECONDS = 0.4


@dataclass(frozen=True, slots=True)
class Stage:
    """One broker class, up: `urls` by the brokers' `namespace/name`, `shared` names those of rows without their own."""

    broker_class: str
    receiver: Receiver
    receiver_url: str
    urls: dict[str, str]
    shared: dict[str, str]
    cli: "Callable[..., str] | None" = None


class Scene:
    """One row's."""

    def __init__(self, row: Row, stage: Stage) -> None:
        self.row = row
        self.stage = stage
        self._numbers = count(1)
        self._sending: list[asyncio.Task[Answer]] = []

    @property
    def broker_class(self) -> str:
        return self.stage.broker_class

    @property
    def expected(self) -> Any:
        return self.row.expected[self.broker_class]

    def broker(self, name: str = "") -> str:
        """The `namespace/name` of the row's broker."""
        own = [broker for broker in self.row.brokers if name in ("", broker.name)]
        return f"{own[0].namespace}/{self.row.key}-{own[0].name}" if own else self.stage.shared[self.row.key]

    def url(self, broker: str = "") -> str:
        return self.stage.urls[self.broker(broker)]

    def place(self, name: str = "subscriber") -> Place:
        return self.stage.receiver.place(self.path(name))

    def path(self, name: str) -> str:
        return f"/{self.row.key}/{name}"

    def address(self, name: str) -> str:
        return self.stage.receiver_url + self.path(name)

    def attributes(self, **changed: str | bytes | None) -> list[tuple[str, str | bytes]]:
        """The headers of a binary event of the row's type, with these attributes changed, added or left out."""
        plain: dict[str, str | bytes | None] = {"specversion": "1.0", "id": f"{self.row.key}-{next(self._numbers)}"}
        plain |= {"source": "/conformance", "type": self.row.key} | changed
        return [(f"ce-{name}", value) for name, value in plain.items() if value is not None]

    async def send(
        self,
        body: bytes | None = b"",
        headers: Headers = (),
        **attributes: str | bytes | None,
    ) -> Answer:
        """Post a binary event to the row's (first) broker."""
        return await self.request("POST", "", [*self.attributes(**attributes), *headers], body)

    def begin(self, **arguments: Any) -> "asyncio.Task[Answer]":
        """Send, and let the answer take its time: a class whose producer waits would hold the row up."""
        task = asyncio.create_task(self.send(**arguments))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        self._sending.append(task)
        return task

    async def structured(self, content_type: str = "application/cloudevents+json", **members: Any) -> Answer:
        """Post an event in structured mode, with these members changed, added or left out."""
        plain: dict[str, Any] = {"specversion": "1.0", "id": f"{self.row.key}-{next(self._numbers)}"}
        plain |= {"source": "/conformance", "type": self.row.key} | members
        document = json.dumps({name: value for name, value in plain.items() if value is not None})
        return await self.request("POST", "", [("content-type", content_type)], document.encode())

    async def request(
        self, method: str, target: str, headers: list[tuple[str, str | bytes]], body: bytes | None, *, broker: str = ""
    ) -> Answer:
        """Send a request; `{}` in the target is the broker's own path, which is also what an empty one means."""
        parts = urlsplit(self.url(broker))
        path = (target or "{}").replace("{}", parts.path)
        lines: list[tuple[str, str | bytes]] = [("host", parts.netloc), *headers]
        return await exchange(parts.hostname or "", parts.port or 80, written(method, path, lines, body))

    async def delivered(self, name: str = "subscriber") -> Received:
        return await self.place(name).first()

    async def calls(self, name: str = "subscriber", hoped: int = 0) -> int:
        """How often the place was called, once it has been quiet for a while; a busy broker gets time for `hoped`."""
        place, before = self.place(name), -1
        with suppress(TimeoutError):
            await place.reached(hoped)
        while before != len(place.received):
            before = len(place.received)
            await asyncio.sleep(QUIET_SECONDS)
        return before

    async def cli(self, *words: str) -> Any:
        """What a command of the mesh prints as JSON."""
        assert self.stage.cli is not None
        return json.loads(await asyncio.to_thread(self.stage.cli, *words, "-o", "json"))
