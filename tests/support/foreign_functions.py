"""Function directories as `func create` makes them, of today and of the time before func 1.18, by facts about them."""

from pathlib import Path

LEGACY = {
    "func.py": '''\
from parliament import Context, event


@event
def main(context: Context):
    """The data of the event that came are the data of the answer."""
    return context.cloud_event.data
''',
    "Procfile": "web: python -m parliament .\n",
    "app.sh": '#!/bin/sh\nexec python -m parliament "$(dirname "$0")"\n',
    "requirements.txt": "parliament-functions==0.1.0\n",
    "func.yaml": """\
specVersion: 0.34.0
name: {name}
runtime: python
created: 2023-02-01T10:00:00.000000+01:00
invoke: cloudevent
build:
  builder: pack
""",
    ".gitignore": "__pycache__/\n/.func\n",
}

TODAY = {
    "pyproject.toml": """\
[project]
name = "function"
description = ""
version = "0.1.0"
requires-python = ">=3.10"
dependencies = ["httpx", "cloudevents>=2,<3"]

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
""",
    "function/__init__.py": "from .func import new\n",
    "function/func.py": """\
import logging

from cloudevents.core.v1.event import CloudEvent


def new():
    return Function()


class Function:
    async def handle(self, scope, receive, send):
        came = scope["event"]
        attributes = {"type": "today.response", "source": "/today", "datacontenttype": "application/json"}
        await send(CloudEvent(attributes | {"id": "1", "specversion": "1.0"}, came.get_data()))

    def start(self, cfg):
        logging.info("Function starting")

    def stop(self):
        logging.info("Function stopping")

    def alive(self):
        return True, "Alive"

    def ready(self):
        return True, "Ready"
""",
    "func.yaml": """\
specVersion: 0.36.0
name: {name}
runtime: python
created: 2026-01-31T12:00:00Z
invoke: cloudevent
""",
    ".gitignore": "__pycache__/\n/.func\n",
    ".funcignore": ".venv\n",
}


def create(directory: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace("{name}", directory.name))
        file.chmod(0o755 if path == "app.sh" else 0o644)
