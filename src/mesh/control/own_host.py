"""Which requests are the console's own: no page elsewhere may reach it by a name that it points at this machine."""

from collections.abc import Sequence

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def is_own(hosts: Sequence[str], origins: Sequence[str], *, name: str, port: int) -> bool:
    """Tell whether every `Host` (there is at least one) and every `Origin` (there may be none) is ours.

    `name` is the host that the console was told to listen on, without its port.
    """
    own = {authority for host in (name.lower(), *LOOPBACK) for authority in _authorities(host, port)}
    return (
        bool(hosts)
        and all(host.lower() in own for host in hosts)
        and all(origin.lower().removeprefix("http://") in own for origin in origins if _is_http(origin))
        and all(_is_http(origin) for origin in origins)
    )


def _authorities(host: str, port: int) -> tuple[str, ...]:
    bracketed = f"[{host}]" if ":" in host and not host.startswith("[") else host
    default_http_port = 80
    named = f"{bracketed}:{port}"
    return (named, bracketed) if port == default_http_port else (named,)


def _is_http(origin: str) -> bool:
    return origin.lower().startswith("http://")
