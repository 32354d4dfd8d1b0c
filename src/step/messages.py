"""HTTP as values, the same for every layout: a request in, an answer out."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote

import msgspec

REASON_LIMIT = 200  # of the kne-reason header; the body keeps REASON_BODY_LIMIT
REASON_BODY_LIMIT = 500  # broker-filter of the MT class overflows above 768 bytes
PRINTABLE = "".join(map(chr, range(0x20, 0x7F))).replace("%", "")


class Request(msgspec.Struct, frozen=True):
    """Header values are latin-1 text, as HTTP has them; `path` is without its query."""

    method: str
    path: str
    parameters: Mapping[str, str]
    headers: Sequence[tuple[str, str]]
    body: bytes


class Answer(msgspec.Struct, frozen=True):
    status: int
    headers: dict[str, str] = {}
    body: bytes = b""

    def allowing(self, methods: str) -> "Answer":
        return msgspec.structs.replace(self, headers=self.headers | {"allow": methods})


def done() -> Answer:
    """Done without a reply: an empty body; waitress closes the connection after a 204.

    Flask gives every answer a content type; naming it makes the layouts' answers the same.
    """
    return Answer(200, {"content-type": "text/plain; charset=utf-8"})


def failure(status: int, reason: str) -> Answer:
    """Say why in a short text; a broker turns `kne-reason` into the dead letter's extension `reason`."""
    text = {"content-type": "text/plain; charset=utf-8", "kne-reason": header_text(reason)}
    return Answer(status, text, reason[:REASON_BODY_LIMIT].encode(errors="replace"))


def document(status: int, value: object) -> Answer:
    return Answer(status, {"content-type": "application/json"}, msgspec.json.encode(value))


def header_text(text: str) -> str:
    """One line of ASCII whatever the text is: the rest percent-encoded in UTF-8, cut at REASON_LIMIT."""
    encoded = ""
    for character in " ".join(text.split()):
        piece = quote(character, safe=PRINTABLE, errors="replace")
        if len(encoded) + len(piece) > REASON_LIMIT:
            break
        encoded += piece
    return encoded
