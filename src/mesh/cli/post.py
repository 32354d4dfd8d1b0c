"""One event, one POST, with the standard library."""

import http.client
from urllib.parse import urlsplit

from mesh.errors import NotDone
from mesh.wire import Request

# An in-memory channel answers only after every trigger was tried; Knative bounds that with 15 minutes.
ANSWER_WITHIN_SECONDS = 900.0
SHOWN_BYTES = 2000


def post(url: str, request: Request) -> int:
    """Send the request and return the 2xx status; raises NotDone with any other status and its body."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=ANSWER_WITHIN_SECONDS)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(request.method, target, request.body, dict(request.headers))
        response = connection.getresponse()
        return _accepted(url, response.status, response.read(SHOWN_BYTES))
    except (OSError, http.client.HTTPException) as error:
        raise NotDone(f"{url} does not answer: {error or type(error).__name__}") from None
    finally:
        connection.close()


def _accepted(url: str, status: int, body: bytes) -> int:
    if status // 100 == 2:  # noqa: PLR2004 - any 2xx
        return status
    text = body.decode(errors="replace").strip()
    raise NotDone(
        f"{url} answered {status} {http.client.responses.get(status, '')}".rstrip() + (f": {text}" if text else "")
    )
