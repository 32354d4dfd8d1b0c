"""What the adapter needs of the domain's event contracts, which it does not know."""

import inspect
import typing
from collections.abc import Callable
from typing import Any, ClassVar, Protocol, Self


class Incoming(Protocol):
    """A contract that an event's data can be read as."""

    type: ClassVar[str]

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Raises ValueError with a sentence about what is wrong."""
        ...


class Outgoing(Protocol):
    """A contract that a reply can be made of."""

    type: ClassVar[str]
    domain: ClassVar[str]  # the authority of its source: `cabs` in `//cabs/invoice`

    @property
    def aggregate(self) -> tuple[str, str]:
        """Kind and id of what it is about: `("ride", "4711")`."""
        ...

    def encode(self) -> bytes: ...


def accepted(function: Callable[..., Any]) -> tuple[type, ...]:
    """The contracts (or `Event`) that a step's first parameter names."""
    hints = typing.get_type_hints(function)
    first = next(iter(inspect.signature(function).parameters), None)
    if first not in hints:
        raise TypeError(f"{function.__name__}() must annotate its first parameter with the events that it takes")
    return typing.get_args(hints[first]) or (hints[first],)
