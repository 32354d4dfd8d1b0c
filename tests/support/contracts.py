"""A domain of two events, for tests of the step adapter, which knows none."""

from typing import ClassVar, Self

import msgspec


class Ping(msgspec.Struct, frozen=True):
    type: ClassVar[str] = "tests.ping"

    number: int

    @classmethod
    def decode(cls, body: bytes) -> Self:
        try:
            return msgspec.json.decode(body, type=cls)
        except msgspec.DecodeError as error:
            raise ValueError(str(error)) from error


class Pong(msgspec.Struct, frozen=True):
    type: ClassVar[str] = "tests.pong"
    domain: ClassVar[str] = "tests"

    number: int

    @property
    def aggregate(self) -> tuple[str, str]:
        return "game", str(self.number)

    def encode(self) -> bytes:
        return msgspec.json.encode(self)
