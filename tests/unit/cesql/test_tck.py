"""The compatibility cases that come with the CESQL specification: every one of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from mesh.cesql.expression import compile_expression
from mesh.cesql.values import ParseError

FOLDER = Path(__file__).parents[4] / "shared" / "cesql_tck"
CASES = 275
EVENT = {
    "specversion": "1.0",
    "id": "an-id",
    "source": "http://localhost/source",
    "type": "a.type",
    "subject": "topic",
    "time": "2020-03-21T12:34:56.780Z",
    "datacontenttype": "application/json",
    "dataschema": "http://localhost/schema",
}

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the specification's cases are not at {FOLDER}")


class Loader(yaml.SafeLoader):
    """Leaves times as they are written: an attribute is text."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - how PyYAML wants it
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in sorted(FOLDER.glob("*.yaml"))
        for case in yaml.load(path.read_text(), Loader)["tests"]
    ]


def test_all_cases_are_here() -> None:
    assert len(cases()) == CASES


@pytest.mark.parametrize("case", cases())
def test_the_specification_says(case: Mapping[str, Any]) -> None:
    text = str(case["expression"]).lower() if isinstance(case["expression"], bool) else str(case["expression"])
    if case.get("error") == "parse":
        with pytest.raises(ParseError):
            compile_expression(text)
        return
    event = case.get("event", EVENT) | case.get("eventOverrides", {})
    result = compile_expression(text).evaluate(event)
    assert (result.value, type(result.value)) == (case["result"], type(case["result"]))
    assert [error.kind for error in result.errors] == ([case["error"]] if "error" in case else [])
