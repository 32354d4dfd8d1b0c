"""Why an event was given up, put together for its dead letter: values, without clock or network."""

import re

from msgspec import structs

from mesh.broker.retry import Failed
from mesh.broker.route import Route
from mesh.event import attribute_text
from mesh.ledger.records import Failure
from mesh.manifests.model import Destination
from mesh.wire import Response

BODY_BYTES_KEPT = 1024  # no broker class tells a dead letter sink more
_EXTENSION = re.compile(r"kne-([a-z0-9]+)")


def of_subscriber(route: Route, response: Response | None, failed: Failed, reason: str, attempts: int) -> Failure:
    """What the last of so many attempts came to; `reason` says why no other is made."""
    destination = route.broker_url if failed.at_broker else route.subscriber.url
    reason = in_words(route.trigger.subscriber, response, failed, reason)
    failure = Failure(destination, failed.status, b"", {}, reason, attempts, failed.told)
    if failed.at_broker or failed.status is None or response is None:
        return failure
    return structs.replace(failure, body=response.body[:BODY_BYTES_KEPT], extensions=_extensions(response))


def in_words(to: Destination, response: Response | None, failed: Failed, reason: str) -> str:
    """Add the receiver's own words to the reason."""
    reason = _last_line(reason, to)
    if failed.at_broker or failed.status is None or response is None:
        return reason
    told = _last_line(attribute_text(_extensions(response).get("reason", "").encode("latin-1")), to)
    return f"{reason} ({told})" if told else reason


def _last_line(text: str, to: Destination) -> str:
    """Of several lines, a traceback's, only the last says what happened; the log has them all."""
    lines = text.strip().splitlines()
    if len(lines) < 2:  # noqa: PLR2004 - several
        return text
    return f"{lines[-1].strip()} (`mesh logs {to.ref.name}`)" if to.ref is not None else lines[-1].strip()


def of_sink(failure: Failure, reason: str) -> Failure:
    """The subscriber's failure, and that its dead letter sink failed, too."""
    return structs.replace(failure, reason=f"{failure.reason}; then the dead letter sink failed, too: {reason}")


def _extensions(response: Response) -> dict[str, str]:
    """Return the response's `kne-` headers, its own reason among them."""
    return {match[1]: value for name, value in response.headers if (match := _EXTENSION.fullmatch(name))}
