"""What a DATABASE_URL says: whether it is one of Postgres, and which hosts it names."""

from urllib.parse import SplitResult, urlsplit

SCHEMES = ("postgresql", "postgres")
PORT = 5432
HIGHEST_PORT = 65535


def mistake(url: str) -> str | None:
    """Why it is none, without quoting it, since it may hold a password; None when it is one.

    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return "its host cannot be read"
    if parts.scheme not in SCHEMES or not url.partition(":")[2].startswith("//"):
        return "it does not start with postgresql://"
    if not all(is_port(port) for _, port in named(parts)):
        return "a port in it is no number from 1 to 65535"
    return None


def hosts(url: str) -> tuple[tuple[str, int], ...]:
    """Each host with its port; none for a Postgres that is reached over a unix socket."""
    return tuple((host, int(port or PORT)) for host, port in named(urlsplit(url)) if host)


def named(parts: SplitResult) -> list[tuple[str, str]]:
    """Hosts with the text of their ports, empty where there is none."""
    return [split(one) for one in parts.netloc.rpartition("@")[2].split(",")]


def split(place: str) -> tuple[str, str]:
    if place.startswith("["):
        host, _, port = place[1:].partition("]")
        return host, port.removeprefix(":")
    host, _, port = place.partition(":")
    return host, port


def is_port(text: str) -> bool:
    return not text or (text.isascii() and text.isdecimal() and 0 < int(text) <= HIGHEST_PORT)
