"""URLs as Go's net/url reads them, which is how Knative's webhook reads a `uri`."""

import re
from dataclasses import dataclass

CONTROL = re.compile(r"[\x00-\x1f\x7f]")
SCHEME = re.compile(r"([A-Za-z][-+.A-Za-z0-9]*):")
BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}", re.DOTALL)
NO_HOST = re.compile(r"[^-A-Za-z0-9._~!$&'()*+,;=:\[\]<>\"%\x80-\U0010ffff]")
NO_USER = re.compile(r"[^-A-Za-z0-9._:~!$&'()*+,;=%@]")
PORT = re.compile(r"(:[0-9]*)?")


@dataclass(frozen=True, slots=True)
class Url:
    """What of a URL decides whom it names; the host is with its port."""

    scheme: str
    host: str


def parse_url(text: str) -> Url:
    """Parse an absolute or relative URL. Raises ValueError with Go's sentence."""
    if CONTROL.search(text):
        raise ValueError("invalid control character in URL")
    if text.startswith(":"):
        raise ValueError("missing protocol scheme")
    reference, _, fragment = text.partition("#")
    _check_escapes(fragment)
    found = SCHEME.match(reference)
    scheme = found[1].lower() if found else ""
    rest = reference[len(found[0]) :].partition("?")[0] if found else reference.partition("?")[0]
    return Url(scheme, _host(scheme, rest))


def _host(scheme: str, rest: str) -> str:
    if not rest.startswith("/"):
        if not scheme:
            _check_relative(rest)
        return ""
    if not rest.startswith("//") or (not scheme and rest.startswith("///")):
        _check_escapes(rest)
        return ""
    authority, slash, path = rest[2:].partition("/")
    user, at, host = authority.rpartition("@")
    _check_host(host)
    if at and NO_USER.search(user):
        raise ValueError("invalid userinfo")
    _check_escapes(user + slash + path)
    return host


def _check_relative(path: str) -> None:
    if ":" in path.partition("/")[0]:
        raise ValueError("first path segment in URL cannot contain colon")
    _check_escapes(path)


def _check_host(host: str) -> None:
    port = _port(host)
    if not PORT.fullmatch(port):
        raise ValueError(f'invalid port "{port}" after host')
    invalid = NO_HOST.search(host)
    if invalid:
        raise ValueError(f'invalid character "{invalid[0]}" in host name')
    if "%" in host:
        raise ValueError(f'invalid URL escape "{host[host.index("%") :][:3]}"')


def _port(host: str) -> str:
    """What must be `:` and a number, if there is anything: it follows the bracket of an IPv6 address."""
    if "[" not in host and "]" not in host:
        return host[host.rindex(":") :] if ":" in host else ""
    if not host.startswith("["):
        raise ValueError("invalid IP-literal")
    if "]" not in host:
        raise ValueError("missing ']' in host")
    return host[host.rindex("]") + 1 :]


def _check_escapes(text: str) -> None:
    bad = BAD_ESCAPE.search(text)
    if bad:
        raise ValueError(f'invalid URL escape "{bad[0]}"')
