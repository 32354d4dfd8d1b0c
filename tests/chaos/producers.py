"""The load: producers that repeat what is not acknowledged, and clients that break off in the midst of a request."""

import http.client
import json
import random
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from urllib.parse import SplitResult, urlsplit

from chaos.history import COMMAND, POISON, TICK, Send
from support.mesh import ride

ANSWER_SECONDS = 10.0
TYPES = (TICK, COMMAND, POISON)
WEIGHTS = (85, 10, 5)
KEYS_OF_ONE = 2  # each producer sends one event after another, for that many keys
PASSENGERS = 5
MOST_BEHIND = 500  # ticks: on a busy machine the load is what it can take


class Producers:
    """`sends` is all that was sent to the broker at `url`, by whom it was sent and when."""

    def __init__(self, url: str, seed: int, pause_seconds: float, taken: Callable[[], int]) -> None:
        """`taken` counts the ticks that came through: where they are too far behind, the producers wait."""
        self.sends: list[Send] = []
        self._taken = taken
        self._stored = 0  # ticks
        self._url = urlsplit(url)
        self._seed = seed
        self._pause_seconds = pause_seconds
        self._stopping = threading.Event()

    @contextmanager
    def running(self, number: int) -> Iterator[None]:
        """So many send, and one more breaks off, until the block ends; what is not acknowledged then stays unknown."""
        with ExitStack() as stack:
            stack.callback(self._stopping.set)
            for name in range(number):
                stack.enter_context(_thread(self._produce, f"producer-{name}", self._seed + name))
            stack.enter_context(_thread(self._break_off, "breaker", self._seed + number))
            stack.callback(self._stopping.set)
            yield

    def _produce(self, name: str, seed: int) -> None:
        chance = random.Random(seed)
        client = _Client(self._url)
        for place in count():
            self._let_the_mesh_catch_up()
            kind, key = chance.choices(TYPES, WEIGHTS)[0], f"{name}-{chance.randrange(KEYS_OF_ONE)}"
            self._send(client, f"{name}-{place}", kind, key, once=chance.random() < 0.1)
            if self._stopping.wait(chance.expovariate(1 / self._pause_seconds)):
                break
        client.close()

    def _let_the_mesh_catch_up(self) -> None:
        while self._stored - self._taken() > MOST_BEHIND:
            if self._stopping.wait(0.1):
                return

    def _send(self, client: "_Client", event: str, kind: str, key: str, *, once: bool) -> None:
        """Repeat it until it is stored, unless `once` is to be enough."""
        while True:
            send = client.send(event, kind, key)
            self.sends.append(send)
            self._stored += send.status == 202 and kind == TICK
            if send.status == 202 or once or self._stopping.wait(0.05):
                return

    def _break_off(self, name: str, seed: int) -> None:
        chance = random.Random(seed)
        for place in count():
            if self._stopping.wait(chance.expovariate(1 / self._pause_seconds)):
                return
            event = f"{name}-{place}"
            began = time.monotonic()
            whole = False
            with suppress(OSError):
                whole = self._send_a_part(event, chance)
            self.sends.append(Send(event, TICK, event, began, time.monotonic(), None, whole))

    def _send_a_part(self, event: str, chance: random.Random) -> bool:
        """Send up to somewhere in the head, in the body or at its end, and close or reset; True for all of it."""
        sent = written(self._url.path, body(event), headers(event, TICK, event))
        head = sent.index(b"\r\n\r\n") + 4
        cut = chance.choice([chance.randrange(1, head), head, chance.randrange(head, len(sent)), len(sent)])
        address = (str(self._url.hostname), self._url.port)
        with socket.create_connection(address, ANSWER_SECONDS) as connection:
            connection.sendall(sent[:cut])
            self._stopping.wait(chance.choice([0.0, 0.01, 0.2]))
            if chance.random() < 0.5:  # a reset in place of an orderly end
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return cut == len(sent)


class _Client:
    """Keeps its connection until that breaks."""

    def __init__(self, url: SplitResult) -> None:
        self._path = url.path
        self._connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=ANSWER_SECONDS)

    def send(self, event: str, kind: str, key: str) -> Send:
        began, whole, status = time.monotonic(), False, None
        try:
            if self._connection.sock is None:
                self._connection.connect()
            whole = True
            self._connection.request("POST", self._path, body(event), headers(event, kind, key))
            with self._connection.getresponse() as response:
                response.read()
                status = response.status
        except (OSError, http.client.HTTPException):
            self.close()
        return Send(event, kind, key, began, time.monotonic(), status, whole)

    def close(self) -> None:
        self._connection.close()


def body(event: str) -> bytes:
    return json.dumps(ride(event, passenger_id=f"p-{zlib.crc32(event.encode()) % PASSENGERS}")).encode()


def headers(event: str, kind: str, key: str) -> dict[str, str]:
    attributes = {"ce-specversion": "1.0", "ce-id": event, "ce-source": "/chaos", "ce-type": kind}
    return {**attributes, "ce-partitionkey": key, "content-type": "application/json"}


def written(path: str, content: bytes, fields: Mapping[str, str]) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "host: mesh", f"content-length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


@contextmanager
def _thread(target: Callable[[str, int], None], name: str, seed: int) -> Iterator[None]:
    thread = threading.Thread(target=target, args=(name, seed), name=name)
    thread.start()
    yield
    thread.join()
