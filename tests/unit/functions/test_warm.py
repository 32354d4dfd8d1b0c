"""What can be forked, from which parent, and which libraries are imported for it."""

from pathlib import Path

import pytest

from mesh.functions.warm import libraries
from mesh.functions.warm.order import Order
from mesh.functions.warm.runtime import RECOGNISED, is_common


@pytest.mark.parametrize(
    ("line", "settings", "instrumented"),
    [
        ("python -m parliament .", "", False),
        ("exec python3.12 -m parliament .", "", False),
        ("opentelemetry-instrument python -m parliament .", "", True),
        (". ./a.sh && exec opentelemetry-instrument python -m parliament .", ". ./a.sh && ", True),
        ("export A=b; . ./c.sh; python -m parliament .", "export A=b; . ./c.sh; ", False),
    ],
)
def test_a_command_line_that_makes_settings_and_serves_can_be_forked(
    line: str, settings: str, instrumented: bool
) -> None:
    found = RECOGNISED.fullmatch(line)
    assert found
    assert (found["settings"], bool(found["telemetry"])) == (settings, instrumented)


@pytest.mark.parametrize(
    "line",
    [
        "python migrate.py && python -m parliament .",
        "python -m parliament . --debug",
        "python -m parliament functions",
        "ddtrace-run python -m parliament .",
        "cd src && python -m parliament .",
        "A=b python -m parliament .",
        "python -m parliament . | tee log",
        ". ./a.sh & python -m parliament .",
    ],
)
def test_one_that_does_more_is_spawned(line: str) -> None:
    assert RECOGNISED.fullmatch(line) is None


@pytest.mark.parametrize(
    ("name", "common"),
    [
        ("OTEL_PYTHON_FLASK_EXCLUDED_URLS", True),
        ("OTEL_PROPAGATORS", True),
        ("PYTHONHASHSEED", True),
        ("LD_PRELOAD", True),
        ("TZ", True),
        ("OTEL_SERVICE_NAME", False),
        ("DATABASE_URL", False),
        ("K_REVISION", False),
    ],
)
def test_functions_share_a_parent_unless_they_differ_in_what_is_read_at_import(name: str, common: bool) -> None:
    assert is_common(name) == common


def test_the_libraries_of_a_function_are_those_that_its_files_name_and_that_are_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "step").mkdir()
    (tmp_path / "step" / "inner.py").write_text("def late():\n    import email.message\n")
    (tmp_path / "func.py").write_text("import json, step.inner\nfrom decimal import Decimal\nfrom . import other\n")
    (tmp_path / "broken.py").write_text("def (:\n")
    assert libraries.named(tmp_path) == {"json", "decimal", "decimal.Decimal", "email.message"}


def test_an_order_arrives_as_it_was_sent_and_shows_no_variable() -> None:
    order = Order(7, "/staged", {"DATABASE_URL": "postgresql://me:żółw@host/"})
    assert Order.decoded(order.encoded()) == order
    assert "postgresql" not in repr(order)
