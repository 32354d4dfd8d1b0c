"""A request as bytes, and where a base URL leads."""

import pytest

from mesh.broker.outgoing import origin, written
from mesh.wire import Request, lines


@pytest.mark.parametrize(
    ("base", "host", "port", "secure", "said"),
    [
        ("http://invoice", "invoice", 80, False, "Host: invoice\r\n"),
        ("http://invoice:80", "invoice", 80, False, "Host: invoice\r\n"),
        ("http://invoice:8080", "invoice", 8080, False, "Host: invoice:8080\r\n"),
        ("https://invoice", "invoice", 443, True, "Host: invoice\r\n"),
        ("http://[::1]:8080", "::1", 8080, False, "Host: [::1]:8080\r\n"),
        ("http://a:b%40c@invoice", "invoice", 80, False, "Host: invoice\r\nAuthorization: Basic YTpiQGM=\r\n"),
    ],
)
def test_a_base_url_says_where_to_connect_and_what_to_say(
    base: str, host: str, port: int, secure: bool, said: str
) -> None:
    found = origin(base)
    assert (found.host, found.port, found.secure, found.lines) == (host, port, secure, said)


@pytest.mark.parametrize("base", ["", "invoice:8080", "ftp://invoice", "http://", "http://:80", "http://a:no-port"])
def test_what_is_no_address_of_http_is_told(base: str) -> None:
    with pytest.raises(ValueError, match=r"no http:// or https:// address|[Pp]ort"):
        origin(base)


@pytest.mark.parametrize(("path", "target"), [("/a?b#c", b"/a?b"), ("?b", b"/?b"), ("", b"/"), ("/%41", b"/%41")])
def test_the_target_is_the_path_as_written(path: str, target: bytes) -> None:
    request = written(Request("POST", path, "ce-id: ż\r\n", b"{}"), origin("http://a"))
    assert request == b"POST " + target + " HTTP/1.1\r\nHost: a\r\nce-id: ż\r\nContent-Length: 2\r\n\r\n{}".encode()


@pytest.mark.parametrize("path", ["/\r\nx: 1", "/\n", "/\r", "/\0"])
def test_a_line_end_in_the_path_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="a line end or a NUL"):
        written(Request("POST", path, ""), origin("http://a"))


@pytest.mark.parametrize(("name", "value"), [("x\n", ""), ("x", "\r"), ("x", "1\r\ny: 2"), ("x", "\0")])
def test_a_line_end_in_a_header_is_refused(name: str, value: str) -> None:
    with pytest.raises(ValueError, match="a line end or a NUL"):
        lines([(name, value)])
