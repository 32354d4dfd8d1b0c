"""docs/security.md tells the bounds as they are in the code."""

import importlib
import re
from functools import reduce
from typing import Any

import pytest

from support.tracked import ROOT

UNITS = {"": 1, "B": 1, "s": 1, "characters": 1, "KiB": 1024, "MiB": 1024 * 1024}
ROWS = re.findall(
    r"^\| [^|]+ \| ([\d,]+) ?(\w*) \| [^|]+ \| `([\w.]+):([\w.]+)` \|$",
    (ROOT / "docs" / "security.md").read_text(),
    re.MULTILINE,
)


@pytest.mark.parametrize(("number", "unit", "module", "name"), ROWS, ids=lambda text: text)
def test_a_bound_is_what_the_document_says(number: str, unit: str, module: str, name: str) -> None:
    bound: Any = reduce(getattr, name.split("."), importlib.import_module(module))
    assert bound == int(number.replace(",", "")) * UNITS[unit]


def test_the_table_has_them_all() -> None:
    assert len(ROWS) > 25
