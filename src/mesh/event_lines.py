"""An event as the header lines of a binary message (CloudEvents 1.0: bindings/http-protocol-binding.md)."""

import re
from collections.abc import Callable
from operator import itemgetter
from urllib.parse import quote

from mesh.event import Event
from mesh.remembered import remembered

# Printable ASCII less space, double quote and percent: what is written as it is (HTTP binding 3.1.3.2).
_PLAIN = "".join(chr(code) for code in range(0x21, 0x7F) if chr(code) not in '"%')
_PLAIN_ALONE = re.compile(r"[!#$&-~]*")  # the same


def percent_encoded(value: str) -> str:
    """Write an attribute's value for a header (HTTP binding 3.1.3.2)."""
    return value if _PLAIN_ALONE.fullmatch(value) else quote(value, safe=_PLAIN)


def one_line(value: str) -> str:
    """Leave out what would end a header."""
    return value if value.isprintable() else re.sub(r"[\x00-\x1f\x7f]", "", value)


def to_lines(event: Event, write: Callable[[str], str] = percent_encoded) -> str:
    """Write the event's headers, each with its line end; `write` makes a `ce-` header's value of an attribute's.

    What is plain in all attributes, no `write` changes: asked once, it costs half.
    """
    values = event.attributes
    if not _PLAIN_ALONE.fullmatch("".join(values.values())):
        values = {
            name: one_line(value if name == "datacontenttype" else write(value)) for name, value in values.items()
        }
    form, ordered = _form(" ".join(values))
    lines = form % ordered(values)
    return lines + travelling(event) if event.headers else lines


def travelling(event: Event) -> str:
    """The same of the headers that are no attributes."""
    return "".join([f"{name}: {one_line(value)}\r\n" for name, value in event.headers.items()])


# Names have no space and no `%`: they are of a-z and 0-9 (`mesh.event`).
@remembered(256)  # producers have few sets of attributes: with it, an event's lines take half of the time
def _form(names: str) -> tuple[str, Callable[[dict[str, str]], tuple[str, ...]]]:
    """The lines with `%s` for each value, and what takes the values from the attributes in this order."""
    ordered = sorted(names.split(" "), key=lambda name: name == "datacontenttype")  # which is the last
    headers = ["content-type" if name == "datacontenttype" else f"ce-{name}" for name in ordered]
    return "".join([f"{header}: %s\r\n" for header in headers]), itemgetter(*ordered)
