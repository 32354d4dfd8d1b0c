"""The receiver as the process that it is, in front of a broker of this one."""

import asyncio
import errno
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mesh.broker.broker_class import KAFKA
from mesh.clock import SystemClock
from mesh.errors import NotDone
from mesh.event import Event
from mesh.listening import bound
from mesh.options import Address
from mesh.receiver import process as module
from mesh.receiver.link import Link
from mesh.receiver.messages import Events, Heard
from mesh.receiver.process import ReceiverProcess
from support.clock import until
from support.events import event
from support.serving import ACCEPTED, post, refusal

UNREADY = b"GET /readyz HTTP/1.1\r\n\r\n"
MB = 1_000_000


class Broker:
    """Implements `mesh.receiver.intake.Broker`: stores at once, or when the test says so."""

    broker_class = KAFKA

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.at_once = True
        self.asked: list[Callable[[bool | Exception], None]] = []

    def publish(self, published: Event, then: Callable[[bool | Exception], None]) -> None:
        self.events.append(published)
        if self.at_once:
            then(True)
        else:
            self.asked.append(then)


class Running:
    def __init__(self, port: int, brokers: dict[str, Broker], process: ReceiverProcess) -> None:
        self.port = port
        self.brokers = brokers
        self.process = process

    @property
    def pid(self) -> int:
        return self.process._process.pid

    @asynccontextmanager
    async def asking(self, request: bytes) -> AsyncIterator[asyncio.StreamReader]:
        """A new client that has sent this."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(request)
            yield reader
        finally:
            writer.transport.abort()

    async def refuses(self) -> bool:
        """Whether nobody can connect any more."""
        try:
            async with self.asking(b""):
                return False
        except ConnectionRefusedError:
            return True

    async def ask(self, request: bytes) -> bytes:
        """What a new client is answered."""
        async with self.asking(request) as answers, asyncio.timeout(20):
            return await answers.readuntil(b"\r\n\r\n")


async def until_async(question: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await question():  # noqa: ASYNC110 - what is waited for is outside the loop and tells nobody
            await asyncio.sleep(0)


async def nothing(answers: asyncio.StreamReader) -> bool:
    """Whether the connection ended, in one way or the other, without an answer."""
    try:
        return await answers.read() == b""
    except ConnectionResetError:
        return True


def no_process(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Have the system refuse to start any; answers how often it did."""
    refused = []

    async def refuse(*_: object, **__: object) -> None:
        refused.append(errno.EAGAIN)
        raise OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))

    monkeypatch.setattr(asyncio, "create_subprocess_exec", refuse)
    return refused


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


@pytest.fixture
def broker() -> Broker:
    return Broker()


@asynccontextmanager
async def running(broker: Broker) -> AsyncIterator[Running]:
    with bound(Address("127.0.0.1", 0), "--listen") as sockets:
        async with asyncio.TaskGroup() as tasks:
            brokers = {"cabs/default": broker}
            process = ReceiverProcess(sockets, brokers, tasks, SystemClock())
            await process.start()
            try:
                yield Running(sockets.port, brokers, process)
            finally:
                await process.stop(0.0)


async def test_an_event_goes_through_as_it_was_sent_and_its_answer_comes_back(broker: Broker) -> None:
    async with running(broker) as receiver:
        await receiver.process.announce()
        assert await receiver.ask(post(b"x" * MB, headers=b"ce-name: Z%C3%BCrich\r\n")) == ACCEPTED
        assert broker.events == [event(data=b"x" * MB).extended({"name": "Zürich"})]


async def test_it_takes_events_before_the_mesh_is_ready_and_says_that_it_is_not(broker: Broker) -> None:
    async with running(broker) as receiver:
        assert (await receiver.ask(UNREADY)).startswith(b"HTTP/1.1 503 ")
        assert await receiver.ask(post()) == ACCEPTED
        await receiver.process.announce()
        assert (await receiver.ask(UNREADY)).startswith(b"HTTP/1.1 200 ")


async def test_brokers_that_come_and_go_hold_once_they_are_announced(broker: Broker) -> None:
    async with running(broker) as receiver:
        receiver.brokers["cabs/other"] = receiver.brokers.pop("cabs/default")
        await receiver.process.announce()
        assert await receiver.ask(post(target=b"/cabs/other")) == ACCEPTED
        assert await receiver.ask(post()) == refusal(b"404 Not Found", close=False)


async def test_one_that_is_killed_is_followed_by_another_and_clients_wait_for_it(
    broker: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    async with running(broker) as receiver:
        await receiver.process.announce()
        broker.at_once = False
        killed = receiver.pid
        async with receiver.asking(post()) as answers:
            await until(lambda: broker.events != [])
            os.kill(killed, signal.SIGKILL)
            assert await nothing(answers)  # its answer is lost: the producer has to send again
        broker.at_once = True
        assert await receiver.ask(post()) == ACCEPTED
        assert (await receiver.ask(UNREADY)).startswith(b"HTTP/1.1 200 ")
        broker.asked[0](True)  # of the one that is gone
        assert await receiver.ask(post()) == ACCEPTED
        assert receiver.pid != killed
        assert f"the receiver ended (status {-signal.SIGKILL}); the next one starts in 1 s" in caplog.text


async def test_what_keeps_the_next_one_from_starting_may_pass(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.05)
    async with running(broker) as receiver:
        await receiver.process.announce()
        with monkeypatch.context() as meanwhile:
            refused = no_process(meanwhile)
            os.kill(receiver.pid, signal.SIGKILL)
            await until(lambda: len(refused) > 1)
        assert await receiver.ask(post()) == ACCEPTED


async def test_a_first_one_that_does_not_come_up_is_an_error(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.RaisesGroup(pytest.RaisesExc(NotDone, match="the receiver ended before it was up")):
        async with running(broker) as receiver:
            await receiver.process.announce()


async def test_the_next_one_knows_no_more_than_was_announced(broker: Broker) -> None:
    async with running(broker) as receiver:
        await receiver.process.announce()
        receiver.brokers["cabs/late"] = broker  # and its triggers are not subscribed yet
        os.kill(receiver.pid, signal.SIGKILL)
        await until(lambda: gone(receiver.pid))
        assert await receiver.ask(post(target=b"/cabs/late")) == refusal(b"404 Not Found", close=False)
        await receiver.process.announce()
        assert await receiver.ask(post(target=b"/cabs/late")) == ACCEPTED


async def test_a_stop_while_the_next_one_starts_is_one(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.0)
    opened, reached = Link.open, asyncio.Event()

    async def slow(link: Link[Events | Heard], half: socket.socket) -> None:
        reached.set()
        await asyncio.sleep(0.1)
        await opened(link, half)

    async with running(broker) as receiver:
        await receiver.process.announce()
        monkeypatch.setattr(Link, "open", slow)
        os.kill(receiver.pid, signal.SIGKILL)
        async with asyncio.timeout(10):
            await reached.wait()
        await receiver.process.stop(0.0)
        assert gone(receiver.pid)


async def test_a_first_one_that_cannot_start_is_an_error(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    no_process(monkeypatch)
    with pytest.RaisesGroup(pytest.RaisesExc(NotDone, match="the receiver cannot be started")):
        async with running(broker):
            pass


async def test_a_stop_answers_what_came_in_whole_and_takes_no_more(broker: Broker) -> None:
    async with running(broker) as receiver:
        await receiver.process.announce()
        broker.at_once = False
        async with receiver.asking(post()) as answers:
            await until(lambda: broker.asked != [])
            stopping = asyncio.create_task(receiver.process.stop(20.0))
            await until_async(receiver.refuses)
            assert not stopping.done()
            broker.asked[0](True)
            assert await answers.read() == ACCEPTED.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
        await stopping
        assert gone(receiver.pid)


async def test_one_that_is_told_to_end_by_others_lets_clients_have_their_answers(broker: Broker) -> None:
    async with running(broker) as receiver:
        await receiver.process.announce()
        broker.at_once = False
        async with receiver.asking(post()) as answers:
            await until(lambda: broker.asked != [])
            os.kill(receiver.pid, signal.SIGTERM)
            broker.asked[0](True)
            assert await answers.readuntil(b"\r\n\r\n") == ACCEPTED


async def test_a_stop_does_not_wait_longer_than_it_is_given(broker: Broker) -> None:
    async with running(broker) as receiver:
        await receiver.process.announce()
        broker.at_once = False
        async with receiver.asking(post()) as answers:
            await until(lambda: broker.asked != [])
            async with asyncio.timeout(10):
                await receiver.process.stop(0.1)
            assert await nothing(answers)


async def test_one_that_does_not_end_is_killed(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "END_SECONDS", 0.1)
    async with running(broker) as receiver:
        await receiver.process.announce()
        os.kill(receiver.pid, signal.SIGSTOP)
        await receiver.process.stop(0.0)
        await until(lambda: gone(receiver.pid))


async def test_it_ends_when_nobody_is_at_the_other_end_of_its_link(broker: Broker) -> None:
    async with running(broker) as receiver:
        await receiver.process.announce()
        first = receiver.pid
        receiver.process._intake.link._transport.abort()
        await until(lambda: gone(first))
