"""Whether an event's data calls itself JSON, and whether it is."""

import msgspec

from mesh.remembered import remembered


def is_json(content_type: str) -> bool:
    """Tell whether data of that media type stands in the JSON format as it is (JSON format 3.1)."""
    return media_type(content_type).endswith(("/json", "+json"))


@remembered(1024)  # the same few with each event
def media_type(content_type: str) -> str:
    """The type less its parameters, in lower case."""
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
