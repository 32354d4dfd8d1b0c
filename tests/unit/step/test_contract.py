"""Which events a step takes, and what happens to the others."""

import pytest

from step import Context, Event, Reject, step
from step.contract import accepted
from support.contracts import Ping, Pong
from support.steps import event


async def takes_one(_ping: Ping, _context: Context) -> None: ...


async def takes_either(_ping: Ping | Event, _context: Context) -> None: ...


async def takes_whatever(_event, _context) -> None: ...  # type: ignore[no-untyped-def]  # noqa: ANN001


def test_the_first_parameters_type_says_which_events_are_taken() -> None:
    assert accepted(takes_one) == (Ping,)
    assert accepted(takes_either) == (Ping, Event)


def test_a_function_that_does_not_say_is_refused_when_it_is_loaded() -> None:
    with pytest.raises(TypeError, match=r"takes_whatever\(\) must annotate its first parameter"):
        step(takes_whatever)


def test_data_are_read_as_the_contract_of_the_events_type() -> None:
    assert event("tests.ping", {"number": 1}).decode(Ping) == Ping(1)


def test_an_unknown_type_is_rejected_with_those_that_are_known() -> None:
    with pytest.raises(Reject, match=r"events of type tests.other are not for this step: it takes tests.ping"):
        event("tests.other").decode(Ping)


def test_bad_data_are_rejected_with_the_contracts_words() -> None:
    with pytest.raises(Reject, match=r"bad data of tests.ping: Expected `int`, got `str` - at `\$.number`"):
        event("tests.ping", {"number": "x"}).decode(Ping)


def test_the_contracts_of_these_tests_are_what_the_adapter_expects() -> None:
    step(answering)


async def answering(ping: Ping, _context: Context) -> Pong:
    return Pong(ping.number)
