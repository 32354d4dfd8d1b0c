"""docs/broker-classes.md tells every field of the table, and each row that it names is in the conformance suite."""

import dataclasses
import importlib
import re
from collections.abc import Iterator

import pytest

from mesh.broker.broker_class import BrokerClass
from support.tracked import ROOT

SUITE = ROOT / "tests" / "conformance"


@pytest.fixture(scope="module")
def document() -> str:
    return (ROOT / "docs" / "broker-classes.md").read_text()


def rows() -> Iterator[str]:
    """`module[row]` for every row of the suite."""
    for file in sorted(SUITE.glob("test_*.py")):
        test = getattr(importlib.import_module(f"conformance.{file.stem}"), file.stem)
        for mark in test.pytestmark:
            yield from (f"{file.stem}[{row}]" for row in mark.args[1])


def test_every_row_that_is_named_is_in_the_suite(document: str) -> None:
    named = set(re.findall(r"`(test_\w+\[[^`]+\])`", document))

    assert named - set(rows()) == set()
    assert len(named) > 60


def test_every_field_of_the_table_is_told(document: str) -> None:
    told = re.findall(r"^\| `(\w+)`", document, re.MULTILINE)

    assert [field.name for field in dataclasses.fields(BrokerClass) if field.name not in told] == []


def test_every_field_that_is_told_is_in_the_table(document: str) -> None:
    told = re.findall(r"^\| `(\w+)`", document, re.MULTILINE)

    assert set(told) - {field.name for field in dataclasses.fields(BrokerClass)} == set()


def test_every_line_of_a_table_names_a_row(document: str) -> None:
    lines = [line for line in document.splitlines() if re.match(r"\| (`|\|)", line)]

    assert [line for line in lines if "`test_" not in line] == []
