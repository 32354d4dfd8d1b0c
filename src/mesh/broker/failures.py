"""Why an event was given up, put together for its dead letter: values, without clock or network."""

import re

from msgspec import structs

from mesh.broker.retry import Failed
from mesh.broker.route import Route
from mesh.event import attribute_text
from mesh.ledger.records import Failure
from mesh.wire import Response

BODY_BYTES_KEPT = 1024  # no broker class tells a dead letter sink more
_EXTENSION = re.compile(r"kne-([a-z0-9]+)")


def of_subscriber(route: Route, response: Response | None, failed: Failed, reason: str, attempts: int) -> Failure:
    """What the last of so many attempts came to; `reason` says why no other is made."""
    destination = route.broker_url if failed.at_broker else route.subscriber.url
    failure = Failure(destination, failed.status, b"", {}, reason, attempts, failed.told)
    if failed.at_broker or failed.status is None or response is None:
        return failure
    return _with_words_of(response, failure)


def of_sink(failure: Failure, reason: str) -> Failure:
    """The subscriber's failure, and that its dead letter sink failed, too."""
    return structs.replace(failure, reason=f"{failure.reason}; then the dead letter sink failed, too: {reason}")


def _with_words_of(response: Response, failure: Failure) -> Failure:
    """Add what the subscriber said: its body, its `kne-` headers, its own reason among them."""
    extensions = {match[1]: value for name, value in response.headers if (match := _EXTENSION.fullmatch(name))}
    told = attribute_text(extensions.get("reason", "").encode("latin-1"))
    reason = f"{failure.reason} ({told})" if told else failure.reason
    return structs.replace(failure, body=response.body[:BODY_BYTES_KEPT], extensions=extensions, reason=reason)
