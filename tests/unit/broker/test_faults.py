"""Faults on purpose, counted."""

from mesh.broker.faults import Faults
from mesh.control.shapes import Fault

KEY = "cabs/invoice"


def test_a_fault_without_a_count_stays_until_it_is_cleared() -> None:
    faults, fault = Faults(), Fault(trigger=KEY, status=503)
    faults.set(fault)
    assert [faults.take(KEY) for _ in range(3)] == [fault] * 3
    faults.clear()
    assert faults.take(KEY) is None


def test_a_fault_with_a_count_is_used_up() -> None:
    faults = Faults()
    faults.set(Fault(trigger=KEY, drop=True, times=2))
    assert faults.all() == [Fault(trigger=KEY, drop=True, times=2)]
    assert faults.take(KEY) == Fault(trigger=KEY, drop=True, times=2)
    assert faults.all() == [Fault(trigger=KEY, drop=True, times=1)]
    assert faults.take(KEY) is not None
    assert (faults.take(KEY), faults.all()) == (None, [])


def test_a_fault_is_its_trigger_s_alone() -> None:
    faults = Faults()
    faults.set(Fault(trigger=KEY, status=503, times=1))
    assert faults.take("cabs/notify") is None
    assert faults.take(KEY) is not None


def test_a_newer_fault_replaces_the_one_before() -> None:
    faults, newer = Faults(), Fault(trigger=KEY, delay=2.0)
    faults.set(Fault(trigger=KEY, status=503))
    faults.set(newer)
    assert faults.all() == [newer]
