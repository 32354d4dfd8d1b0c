"""`make new STEP=surge-pricing TYPE=cabs.rides.ride-completed`: a step that works, its trigger and its test."""

import argparse
import json
import keyword
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cabs.contract import Contract
from cabs.events import EVENTS

NAME = re.compile(r"[a-z]([-a-z0-9]{0,50}[a-z0-9])?")
TEMPLATES = Path(__file__).with_name("new")
TARGETS = {
    "func.yaml.txt": "functions/«step»/func.yaml",
    "func.py.txt": "functions/«step»/func.py",
    "gitignore.txt": "functions/«step»/.gitignore",
    "funcignore.txt": "functions/«step»/.funcignore",
    "trigger.yaml.txt": "triggers/«step».yaml",
    "test.py.txt": "tests/integration/steps/test_«function».py",
}
TAKEN = ("context", "event", "logger", "logging", "main", "new", "step")  # what func.py names already


class Refused(Exception):  # noqa: N818 - the sentence says what is wrong
    """What was asked for cannot be made."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Make a step, its trigger and its test.")
    parser.add_argument("step", help="its name, such as surge-pricing")
    parser.add_argument("type", help="the type of the events that it takes")
    arguments = parser.parse_args()
    try:
        for file in make(Path(), arguments.step, arguments.type, datetime.now(UTC)):
            print(file)
    except Refused as error:
        print(f"new: {error}", file=sys.stderr)
        return 2
    return 0


def make(root: Path, step: str, event_type: str, created: datetime) -> list[Path]:
    """Write the step's files; answers where. Raises Refused before anything is written."""
    if not NAME.fullmatch(step) or keyword.iskeyword(step) or step in TAKEN:
        raise Refused(f"{step!r} is no name of a step: lower case letters, digits and '-', such as surge-pricing")
    contract = contract_of(event_type)
    words = names(step, contract, created)
    files = {root / filled(to, words): filled((TEMPLATES / name).read_text(), words) for name, to in TARGETS.items()}
    taken = [str(file) for file in files if file.exists()]
    if taken:
        raise Refused(f"{taken[0]} exists already")
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return list(files)


def contract_of(event_type: str) -> type[Contract]:
    for contract in EVENTS:
        if contract.type == event_type:
            return contract
    known = ", ".join(contract.type for contract in EVENTS)
    raise Refused(f"{event_type!r} is declared nowhere in src/cabs/events.py: declare it there, or take one of {known}")


def names(step: str, contract: type[Contract], created: datetime) -> dict[str, str]:
    """What stands between « and » in scripts/new/."""
    return {
        "step": step,
        "function": step.replace("-", "_"),
        "contract": contract.__name__,
        "type": str(contract.type),
        "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "sample": written(sample(contract)),
    }


def filled(text: str, words: dict[str, str]) -> str:
    return re.sub(r"«(\w+)»", lambda found: words[found[1]], text)


def sample(contract: type[Contract]) -> dict[str, Any]:
    """Data that the contract takes: the first example of each field's schema, else the plainest value of its type."""
    schema = contract.schema()
    definitions = schema["$defs"]
    own = definitions[contract.__name__]
    wanted = own["required"] or list(own["properties"])[:1]
    return {name: value(own["properties"][name], definitions) for name in wanted}


def written(data: dict[str, Any]) -> str:
    """A dict as the formatter has it, one entry a line."""
    return "{\n" + "".join(f"    {json.dumps(name)}: {json.dumps(value)},\n" for name, value in data.items()) + "}"


def value(schema: dict[str, Any], definitions: dict[str, Any]) -> Any:
    schema = definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    if "anyOf" in schema:
        return value(schema["anyOf"][0], definitions)
    for key in ("examples", "enum"):
        if key in schema:
            return schema[key][0]
    if schema.get("format") == "date-time":
        return "2026-05-01T12:00:00Z"
    return schema.get("minimum", 0) if schema.get("type") == "integer" else "x-1"


if __name__ == "__main__":
    sys.exit(main())
