"""`--to`: which broker an event goes to."""

from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from mesh.control.shapes import BrokerStatus
from mesh.errors import NotDone, NotFound, UsageError

Brokers = Callable[[], Sequence[BrokerStatus]]


def url_of(to: str | None, namespace: str | None, brokers: Brokers) -> str:
    """Return the URL to post to; `brokers` asks the running mesh and is called only for a broker's name.

    Raises UsageError for another form than URL or `broker:NAME[:NS]`, NotFound and NotDone when that is not one broker.
    """
    if to is not None and not to.startswith("broker:"):
        return _url(to)
    name, _, named_namespace = (to or "").removeprefix("broker:").partition(":")
    return _only(name or None, named_namespace or namespace, brokers())


def _url(to: str) -> str:
    parts = urlsplit(to)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(
            f"--to {to!r} is neither a URL (http://HOST:PORT/NAMESPACE/BROKER) nor broker:NAME[:NAMESPACE]"
        )
    return to


def _only(name: str | None, namespace: str | None, brokers: Sequence[BrokerStatus]) -> str:
    found = [of for of in brokers if name in {None, of.name} and namespace in {None, of.namespace}]
    if len(found) == 1:
        return found[0].url
    known = ", ".join(f"broker:{of.name}:{of.namespace}" for of in brokers) or "none"
    if found:
        raise NotDone(f"more than one broker is meant: choose one with --to ({known})")
    raise NotFound(f"there is no such broker here; --to takes a URL or one of: {known}")
