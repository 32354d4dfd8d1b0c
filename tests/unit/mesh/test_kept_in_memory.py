"""What is remembered because producers ask it again and again: only where it is small, since they choose its size."""

from collections.abc import Callable
from inspect import getclosurevars

import pytest

from mesh import event_lines, json_data
from mesh.broker import partitions
from mesh.event import Event

REQUIRED = {"specversion": "1.0", "id": "e-1", "source": "/app", "type": "ride"}
CASES: dict[str, tuple[Callable[[int], object], Callable[[str], object]]] = {
    "names": (lambda size: event_lines.to_lines(Event({**REQUIRED, "n" * size: ""})), event_lines._form),
    "a key": (lambda size: partitions.partition_of("k" * size, 10), partitions._to_positive),
    "a type": (lambda size: json_data.media_type("a/b" * size), json_data.media_type),
}


@pytest.mark.parametrize(("ask", "function"), CASES.values(), ids=CASES)
def test_what_is_large_is_not_remembered(ask: Callable[[int], object], function: Callable[[str], object]) -> None:
    kept = getclosurevars(function).nonlocals["kept"]
    kept.cache_clear()
    ask(100_000)
    assert kept.cache_info().currsize == 0
    ask(10)
    assert kept.cache_info().currsize == 1
