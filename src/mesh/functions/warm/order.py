"""What the mesh asks of a warm parent. The layout's Python reads this file too: the standard library alone."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

LARGEST = 1 << 18  # bytes of an order; the kernel refuses what is larger than its socket buffer, sooner


@dataclass(frozen=True)
class Order:
    """One replica of a staged function. Its listening socket and its log's pipe travel beside it, as descriptors.

    `number` comes back with the child's. On the socket for announcements an order travels alone: the parent imports
    the libraries that the function names.
    """

    number: int
    directory: str
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def encoded(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decoded(cls, data: bytes) -> "Order":
        return cls(**json.loads(data))
