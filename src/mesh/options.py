"""What `mesh up` was asked for, as values."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen; port 0 is any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class UpOptions:
    """The flags of `mesh up`; `grace_seconds` bounds how long a stop waits for what is in flight."""

    root: Path
    state: Path
    listen: Address = Address("127.0.0.1", 8080)
    console: Address = Address("127.0.0.1", 8081)
    grace_seconds: float = 10.0
    layout: Literal["parliament", "asgi"] = "parliament"
    migrate: bool = False
    output: Literal["human", "json"] = "human"  # json: the ready line is {"ready": "http://HOST:PORT"}
