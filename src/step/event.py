"""A CloudEvent as a value: its attributes as text, its data as the bytes that came."""

from collections.abc import Mapping
from typing import Any, TypeAlias, TypeVar

import msgspec

from step.contract import Incoming
from step.errors import Reject

C = TypeVar("C", bound=Incoming)
Contract: TypeAlias = type[C]  # `type` has another meaning inside Event


class Event(msgspec.Struct, frozen=True):
    """`attributes` holds all of them, extensions and datacontenttype included."""

    attributes: Mapping[str, str]
    data: bytes = b""

    @property
    def id(self) -> str:
        return self.attributes["id"]

    @property
    def source(self) -> str:
        return self.attributes["source"]

    @property
    def type(self) -> str:
        return self.attributes["type"]

    def decode(self, *contracts: Contract[C]) -> C:
        """Read the data as the contract of the event's type.

        Raises Reject when none has that type, or when the data do not fit.
        """
        contract: Any = next((known for known in contracts if known.type == self.type), None)
        if contract is None:
            known = ", ".join(str(known.type) for known in contracts)
            raise Reject(f"events of type {self.type} are not for this step: it takes {known}")
        try:
            return contract.decode(self.data)  # type: ignore[no-any-return]  # a class, seen through its protocol
        except ValueError as error:
            raise Reject(f"bad data of {self.type}: {error}") from error
