"""Which requests are the console's own: no page elsewhere may reach it by a name that it points at this machine."""

from collections.abc import Sequence

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def is_own(
    target: str, hosts: Sequence[str], origins: Sequence[str], *, name: str, address: str = "127.0.0.1", port: int
) -> bool:
    """Tell whether every `Host` (there is at least one) and every `Origin` (there may be none) is ours.

    `name` is the host that the console was told to listen on, `address` the one that the client has reached: a page
    elsewhere can have its own name point here, but not a number. An absolute `target` names a host, too (RFC 9112,
    3.2.2).
    """
    own = {authority for host in (name.lower(), address, *LOOPBACK) for authority in _authorities(host, port)}
    named = [*hosts, *([] if target.startswith("/") else [target.partition("://")[2].partition("/")[0]])]
    return (
        bool(hosts)
        and all(host.lower() in own for host in named)
        and all(_is_http(origin) and origin.lower().removeprefix("http://") in own for origin in origins)
    )


def _authorities(host: str, port: int) -> tuple[str, ...]:
    bracketed = f"[{host}]" if ":" in host and not host.startswith("[") else host
    default_http_port = 80
    named = f"{bracketed}:{port}"
    return (named, bracketed) if port == default_http_port else (named,)


def _is_http(origin: str) -> bool:
    return origin.lower().startswith("http://")
