"""One event delivered many times at once has one effect, and every delivery answers alike."""

import http.client
import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from support.mesh import COMMAND, MeshUp, ride

pytestmark = pytest.mark.timeout(300)


def deliver(url: str, event_id: str, data: dict[str, object]) -> tuple[int, list[tuple[str, str]], bytes]:
    """Post an event to a function's own address and return status, the event's headers and the body."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
    headers = {"ce-specversion": "1.0", "ce-id": event_id, "ce-source": "/app", "ce-type": COMMAND}
    connection.request("POST", "/", json.dumps(data), {**headers, "content-type": "application/json"})
    response = connection.getresponse()
    event = sorted((name, value) for name, value in response.getheaders() if name.lower().startswith("ce-"))
    body = response.read()
    connection.close()
    return response.status, event, body


def test_ten_deliveries_at_once_have_one_effect_and_ten_identical_replies(mesh: MeshUp) -> None:
    url = mesh.function_url("ride-completed")
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: deliver(url, "e-ten", ride("r-ten")), range(10)))
    assert answers[0][0] == 200
    assert len({(status, tuple(event), body) for status, event, body in answers}) == 1
    late = deliver(url, "e-ten", ride("r-ten"))
    assert late == answers[0]
