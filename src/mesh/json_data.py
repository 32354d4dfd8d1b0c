"""Whether an event's data calls itself JSON, and whether it is."""

from functools import lru_cache

import msgspec

TYPE_KEPT = 1_000  # characters of a type: one may have a megabyte


def is_json(content_type: str) -> bool:
    """Tell whether data of that media type stands in the JSON format as it is (JSON format 3.1)."""
    return media_type(content_type).endswith(("/json", "+json"))


def media_type(content_type: str) -> str:
    """The type less its parameters, in lower case."""
    return _media_type(content_type) if len(content_type) <= TYPE_KEPT else _media_type.__wrapped__(content_type)


@lru_cache(maxsize=1024)  # the same few with each event
def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def why_not(data: bytes, content_type: str) -> str | None:
    """Answer None for JSON and for what does not call itself that, else what is wrong with it."""
    if not is_json(content_type):
        return None
    try:
        msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return str(error)
    return None
