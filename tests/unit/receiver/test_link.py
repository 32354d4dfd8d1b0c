"""Messages between the mesh and its receiver, over a transport without a socket and however they are cut up."""

import asyncio
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesh.receiver.link import Link
from mesh.receiver.messages import Answers, Events, Publish, Serve, Stop, ToReceiver
from support.events import event
from support.serving import Transport

MESSAGES: list[Serve | Answers | Stop] = [
    Serve({"cabs/default": "Kafka"}, ready=False),
    Answers(list(range(70_000)), [1]),
    Answers([], []),
    Stop(0.5),
]


class End:
    """What came out at one end of a link."""

    def __init__(self) -> None:
        self.taken: list[object] = []
        self.lost = 0
        self.transport = Transport()
        self.link = Link(msgspec.msgpack.Decoder(ToReceiver).decode, self.taken.append, self._gone)
        self.link.connection_made(self.transport)

    def _gone(self) -> None:
        self.lost += 1


def written() -> bytes:
    end = End()
    for message in MESSAGES:
        end.link.send(message)
    return end.transport.written


WRITTEN = written()


@given(st.lists(st.integers(0, len(WRITTEN)), max_size=12))
def test_messages_come_whole_and_in_order_however_they_are_cut_up(places: list[int]) -> None:
    end, bounds = End(), sorted({0, *places, len(WRITTEN)})
    for begin, cut in pairwise(bounds):
        end.link.data_received(WRITTEN[begin:cut])
    assert end.taken == MESSAGES


def test_a_message_is_taken_as_soon_as_its_last_byte_is_here() -> None:
    end = End()
    end.link.send(MESSAGES[0])
    end.link.data_received(end.transport.written[:-1])
    assert end.taken == []
    end.link.data_received(end.transport.written[-1:])
    assert end.taken == MESSAGES[:1]


def test_what_is_no_message_is_not_passed_over() -> None:
    end = End()
    end.link.send(Events([Publish(1, "cabs/default", event())]))  # of the other direction
    with pytest.raises(msgspec.ValidationError):
        end.link.data_received(end.transport.written)


def test_nothing_is_written_to_what_is_closed() -> None:
    end = End()
    end.transport.close()
    end.link.send(Stop(0.0))
    assert end.transport.written == b""


async def test_the_end_of_the_other_half_is_told_once() -> None:
    end = End()
    end.link.connection_lost(None)
    await asyncio.sleep(0)
    assert end.lost == 1
