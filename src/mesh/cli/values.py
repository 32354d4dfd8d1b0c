"""Values of flags: what is written on the command line, checked and typed."""

import argparse
import sys
from datetime import timedelta
from pathlib import Path

from mesh.errors import UsageError
from mesh.manifests.durations import parse_duration
from mesh.options import Address

MAX_PORT = 65_535


def duration(text: str) -> timedelta:
    """`10s`, `1m30s` or `PT10S`; not negative."""
    try:
        value = parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if value < timedelta():
        raise argparse.ArgumentTypeError(f"{text!r} is negative")
    return value


def address(text: str) -> Address:
    """`127.0.0.1:8080` or `[::1]:8080`; port 0 is any free one."""
    host, colon, port = text.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not (colon and bare and port.isascii() and port.isdigit() and int(port) <= MAX_PORT):
        raise argparse.ArgumentTypeError(f"{text!r} is no address (write HOST:PORT, such as 127.0.0.1:8080)")
    return Address(bare, int(port))


def count(text: str) -> int:
    """A whole number from 1."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def http_status(text: str) -> int:
    """A final HTTP status."""
    if not (text.isascii() and text.isdigit() and 200 <= int(text) <= 599):  # noqa: PLR2004 - RFC 9110, 15
        raise argparse.ArgumentTypeError(f"{text!r} is not an HTTP status from 200 to 599")
    return int(text)


def assignment(text: str) -> tuple[str, str]:
    """`name=value`."""
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text!r} has no '=' (write name=value)")
    return name, value


def payload(text: str) -> bytes:
    """The text itself, `@FILE` for a file's content, `-` for standard input. Raises UsageError for a missing file."""
    if text == "-":
        return sys.stdin.buffer.read()
    if not text.startswith("@"):
        return text.encode(errors="surrogateescape")
    try:
        return Path(text[1:]).read_bytes()
    except OSError as error:
        raise UsageError(f"cannot read {text[1:]!r} of --data {text}: {error.strerror}") from None
