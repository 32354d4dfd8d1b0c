"""Steps in tests: loaded by path, given a context, sent events as HTTP messages."""

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import msgspec
import yaml

from step import Connection, Context, Event
from step.messages import Request
from step.settings import Settings

ROOT = Path(__file__).parents[2]
STEPS = sorted(path.parent.name for path in ROOT.glob("functions/*/func.py"))


def load_step(name: str, file: Path | None = None) -> ModuleType:
    """Import functions/NAME/func.py, or another copy, under a name of its own: every one is called `func`."""
    file = file or ROOT / f"functions/{name}/func.py"
    spec = importlib.util.spec_from_file_location(f"functions_{name.replace('-', '_')}", file)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def schema_of(name: str) -> str:
    """What staging writes into the step's schema.sql."""
    inbox = (ROOT / "src/step/inbox.sql").read_text().replace("{schema}", name.replace("-", "_"))
    own = ROOT / f"functions/{name}/schema.sql"
    return f"{inbox}\n{own.read_text() if own.is_file() else ''}"


def settings_of(name: str) -> dict[str, str]:
    """The values of its func.yaml, but for those that live elsewhere."""
    envs = yaml.safe_load((ROOT / f"functions/{name}/func.yaml").read_text())["run"]["envs"]
    return {env["name"]: env["value"] for env in envs if "{{" not in env["value"]} | {"K_SERVICE": name}


@dataclass
class Outbox:
    """A sink that keeps what it was sent."""

    sent: list[Event] = field(default_factory=list)

    async def send(self, event: Event, trace: Mapping[str, str]) -> None:
        self.sent.append(event)


def event(type_: str, data: object = None, **attributes: str) -> Event:
    """An event with JSON data; bytes are taken as they are."""
    given = {
        "specversion": "1.0",
        "id": "e-1",
        "source": "//tests",
        "type": type_,
        "datacontenttype": "application/json",
    }
    body = data if isinstance(data, bytes) else msgspec.json.encode(data if data is not None else {})
    return Event(given | attributes, body)


def context(
    database: Connection,
    cause: Event | None = None,
    settings: Mapping[str, str] | None = None,
    sink: Outbox | None = None,
    at: datetime = datetime(2026, 5, 1, 12, tzinfo=UTC),
) -> Context:
    return Context(cause or event("tests"), database, Settings(settings or {}), sink or Outbox(), at)


def post(sent: Event, **headers: str) -> Request:
    """The request that a broker makes of an event."""
    binary = [(f"ce-{name}", value) for name, value in sent.attributes.items() if name != "datacontenttype"]
    content = [("content-type", sent.attributes["datacontenttype"])] if "datacontenttype" in sent.attributes else []
    return Request("POST", "/", {}, [*binary, *content, *headers.items()], sent.data)


def get(**parameters: str) -> Request:
    return Request("GET", "/", parameters, [], b"")
