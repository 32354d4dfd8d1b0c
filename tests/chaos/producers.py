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
from urllib.parse import urlsplit

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
        connection = http.client.HTTPConnection(str(self._url.hostname), self._url.port, timeout=ANSWER_SECONDS)
        for place in count():
            while self._stored - self._taken() > MOST_BEHIND and not self._stopping.wait(0.1):
                pass
            kind = chance.choices(TYPES, WEIGHTS)[0]
            event = f"{name}-{place}"
            key = f"{name}-{chance.randrange(KEYS_OF_ONE)}"
            persistent = chance.random() < 0.9
            while not self._send(connection, event, kind, key) and persistent:
                if self._stopping.wait(0.05):
                    break
            if self._stopping.wait(chance.expovariate(1 / self._pause_seconds)):
                break
        connection.close()

    def _send(self, connection: http.client.HTTPConnection, event: str, kind: str, key: str) -> bool:
        began = time.monotonic()
        status, whole = None, False
        try:
            if connection.sock is None:
                connection.connect()
            whole = True
            connection.request("POST", self._url.path, body(event), headers(event, kind, key))
            with connection.getresponse() as response:
                response.read()
                status = response.status
        except (OSError, http.client.HTTPException):
            connection.close()
        self.sends.append(Send(event, kind, key, began, time.monotonic(), status, whole))
        self._stored += status == 202 and kind == TICK
        return status == 202

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
