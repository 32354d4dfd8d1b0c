"""The run's own subscribers and dead letter sink, outside the mesh: moody, and with a memory of all they got."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from chaos.history import POISON, TICK, Arrival, Copy, Subscriber

SINK = "dead/"  # of each trigger: after a time-out class MT does not say which one it was
FAILING = Subscriber("failing", frozenset({POISON}), retry=3)
ORDERED = Subscriber("ordered", frozenset({TICK}), retry=5, ordered=True)
WITNESS = Subscriber("witness", None, retry=10)
SUBSCRIBERS = [FAILING, ORDERED, WITNESS]
MOODS = (204, 503, None)
WEIGHTS = (94, 4, 2)  # in percent; 3 % of all are slow, too
SLOW_SECONDS = 0.3
LONGEST_HOLD_SECONDS = 5.0


class Subscribers(ThreadingHTTPServer):
    """Each path is a trigger's. Nobody is answered while `serving` is not set."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, chance: random.Random) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.arrivals: list[Arrival] = []
        self.taken: Counter[str] = Counter()  # by trigger
        self.serving = threading.Event()
        self.serving.set()
        self._chance = chance

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/{path}"

    def handle_error(self, *_: object) -> None:
        """Say nothing: a mesh that is killed breaks its connections."""

    def answer(self, path: str) -> int | None:
        """Decide what this request is answered, and take the time for it."""
        self.serving.wait(LONGEST_HOLD_SECONDS)
        if self._chance.random() < 0.03:
            time.sleep(SLOW_SECONDS)
        return 500 if path == FAILING.trigger else self._chance.choices(MOODS, WEIGHTS)[0]


class _Handler(BaseHTTPRequestHandler):
    server: Subscribers
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        at = time.monotonic()
        self.rfile.read(int(self.headers.get("content-length", 0)))
        path = self.path.removeprefix("/")
        status = self.server.answer(path)
        arrival = self._arrival(path, at, status)
        self.server.arrivals.append(arrival)
        self.server.taken[arrival.trigger] += arrival.taken
        if status is None:
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()

    def _arrival(self, path: str, at: float, status: int | None) -> Arrival:
        headers = self.headers
        about = (path.removeprefix(SINK), headers["ce-id"], headers["ce-type"], copy(headers), at, status)
        return Arrival(*about, headers.get("ce-causationid"), path.startswith(SINK))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def copy(headers: Message) -> Copy:
    if arrived := headers.get("ce-knativearrivaltime"):  # of class MT
        return Copy(0, round(datetime.fromisoformat(arrived).timestamp() * 1_000_000))
    return Copy(int(headers["ce-knativekafkapartition"]), int(headers["ce-knativekafkaoffset"]))


@contextmanager
def subscribed(chance: random.Random) -> Iterator[Subscribers]:
    subscribers = Subscribers(chance)
    thread = threading.Thread(target=subscribers.serve_forever, kwargs={"poll_interval": 0.05}, name="subscribers")
    thread.start()
    try:
        yield subscribers
    finally:
        subscribers.shutdown()
        thread.join()
        subscribers.server_close()
