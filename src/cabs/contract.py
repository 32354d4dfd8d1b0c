"""What every event contract can do: read its data with a clear error, write it, and name its aggregate."""

from collections.abc import Iterable
from typing import Any, ClassVar, Literal, Protocol, Self

import msgspec

from cabs import values


class Row(Protocol):
    """A database row, or a dict."""

    def keys(self) -> Iterable[str]: ...

    def __getitem__(self, key: str, /) -> Any: ...


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """An event's data. Unknown fields are ignored, since a producer may be newer."""

    type: ClassVar[str]
    kind: ClassVar[Literal["command", "fact"]]
    domain: ClassVar[str] = "cabs"  # the authority of the sources of our events

    @classmethod
    def decode(cls, body: bytes) -> Self:
        """Read JSON text; raises ValueError with a sentence that names the field."""
        try:
            return msgspec.json.decode(body, type=cls, dec_hook=values.parse)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ValueError(str(error)) from error

    @classmethod
    def of(cls, row: Row) -> Self:
        """Make it of a database row whose columns are named like its fields."""
        return msgspec.convert(dict(row), cls, dec_hook=values.parse)

    def encode(self) -> bytes:
        return msgspec.json.encode(self, enc_hook=values.plain)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """The JSON Schema of its data (`dataschema`)."""
        return msgspec.json.schema(cls, schema_hook=values.schema)


class RideContract(Contract, frozen=True, kw_only=True):
    """An event of one ride, which is its aggregate."""

    ride_id: values.Id

    @property
    def aggregate(self) -> tuple[str, str]:
        """Kind and id: a reply's subject is `ride/4711`, its partition key `4711`."""
        return "ride", str(self.ride_id)
