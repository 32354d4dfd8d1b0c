"""Whether an event's data calls itself JSON, and whether it is."""

import msgspec


def is_json(content_type: str) -> bool:
    """Tell whether data of that media type stands in the JSON format as it is (JSON format 3.1)."""
    return content_type.partition(";")[0].strip().lower().endswith(("/json", "+json"))


def why_not(data: bytes, content_type: str) -> str | None:
    """Answer None for JSON and for what does not call itself that, else what is wrong with it."""
    if not is_json(content_type):
        return None
    try:
        msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return str(error)
    return None
