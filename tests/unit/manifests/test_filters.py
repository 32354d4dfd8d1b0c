"""A Trigger's filters: what is refused, and what the rest means."""

import subprocess
import sys

import pytest

from mesh.manifests.model import Any, Cesql, Exact, Legacy, Not, Nothing, Prefix, Suffix
from support.project_directory import LEGACY, Edit, ProjectDirectory, filters

FILE = "triggers/invoice.yaml"
RULE = "(Attribute name must start with a letter and can only contain lowercase alphanumeric)"

BROKEN = {
    "an attribute in capitals": (
        ("type: cabs", "Type: cabs"),
        f'10: invalid key name "Type": spec.filter.attributes[Type] {RULE}',
    ),
    "a number to compare with": (
        ("type: cabs.rides.ride-completed", "amount: 5"),
        "10: invalid value: 5: spec.filter.attributes.amount (a string: put it in quotes)",
    ),
    "a filter without attributes": (
        ("    attributes:\n      type:", "    exact:\n      type:"),
        '9: unknown field "spec.filter.exact" (known here: attributes)',
    ),
    "filters that are no list": (
        (LEGACY, "  filters: {exact: {type: a}}\n"),
        "8: invalid value: an object: spec.filters (a list)",
    ),
    "a filter that is text": (filters("type"), "9: invalid value: type: spec.filters[0] (an object)"),
    "two dialects in one filter": (
        filters("exact: {type: a}\n      suffix: {source: b}"),
        (
            "9: multiple dialects found, filters can have only one dialect set: spec.filters[0].exact, "
            "spec.filters[0].suffix (make each an entry of its own under all or any)"
        ),
    ),
    "an unknown dialect": (
        filters("regex: x"),
        '9: unknown field "spec.filters[0].regex" (known here: all, any, cesql, exact, not, prefix, suffix)',
    ),
    "an unknown dialect deep inside": (
        filters("not: {any: [{exact: {type: a}}, {prefx: {type: b}}]}"),
        '9: unknown field "spec.filters[0].not.any[1].prefx" (did you mean prefix?)',
    ),
    "an attribute in capitals deep inside": (
        filters("exact: {type: a}", "all: [{suffix: {dataSchema: a}}]"),
        f'10: invalid key name "dataSchema": spec.filters[1].all[0].suffix[dataSchema] {RULE}',
    ),
    "nested filters that are no list": (
        filters("any: {exact: {type: a}}"),
        "9: invalid value: an object: spec.filters[0].any (a list of filters)",
    ),
    "a cesql expression that is none": (
        filters("cesql: type = 'a' AND"),
        (
            "9: invalid value: type = 'a' AND: spec.filters[0].cesql "
            "(line 1, column 15: the expression ends too early; "
            "a value is missing here: an attribute, a literal, a function or a parenthesis)"
        ),
    ),
    "a cesql expression deep inside": (
        filters("not: {any: [{exact: {type: a}}, {cesql: 'x LIKE 5'}]}"),
        (
            "9: invalid value: x LIKE 5: spec.filters[0].not.any[1].cesql "
            "(line 1, column 8: unexpected '5'; LIKE needs a string in quotes here)"
        ),
    ),
    "a cesql expression that is a boolean to YAML": (
        filters("cesql: true"),
        "9: invalid value: true: spec.filters[0].cesql (a string: put it in quotes)",
    ),
    "a cesql expression that is zero to YAML": (
        filters("cesql: 0"),
        "9: invalid value: 0: spec.filters[0].cesql (a string: put it in quotes)",
    ),
    "cesql beside another dialect": (
        filters("{exact: {type: a}, cesql: TRUE = TRUE}"),
        (
            "9: multiple dialects found, filters can have only one dialect set: spec.filters[0].exact, "
            "spec.filters[0].cesql (make each an entry of its own under all or any)"
        ),
    ),
}

READ = {
    "filters override filter": (
        ("  broker: default", "  broker: default\n  filters: [{exact: {type: a}}]"),
        (Exact({"type": "a"}),),
    ),
    "an empty filters list does not": (
        ("  broker: default", "  broker: default\n  filters: []"),
        (Legacy({"type": "cabs.rides.ride-completed"}),),
    ),
    "no filter passes everything": ((LEGACY, ""), ()),
    "an empty filter passes everything": ((LEGACY, "  filter: {}\n"), ()),
    "every dialect": (
        filters("prefix: {type: a, source: b}", "suffix: {subject: c}", "any: [{exact: {type: a}}, {not: {}}]"),
        (Prefix({"type": "a", "source": "b"}), Suffix({"subject": "c"}), Any((Exact({"type": "a"}), Not(Nothing())))),
    ),
    "an empty entry says nothing": (filters("{}"), (Nothing(),)),
    "an empty dialect beside another says nothing": (
        filters("{any: [], cesql: '', exact: {type: a}}"),
        (Exact({"type": "a"}),),
    ),
    "a cesql expression": (
        filters("cesql: type = 'a' AND source LIKE '%b%'"),
        (Cesql("type = 'a' AND source LIKE '%b%'"),),
    ),
    "a cesql expression over several lines": (
        filters("cesql: |\n        type = 'a'\n        OR EXISTS subject"),
        (Cesql("type = 'a'\nOR EXISTS subject\n"),),
    ),
}

NO_BOOLEAN = {
    "an integer": ("LENGTH(subject)", "an integer"),
    "a string": ("CONCAT(type, subject)", "a string"),
    "an attribute": ("subject", "an attribute's value"),
}


@pytest.mark.parametrize(("edit", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_a_filter_is_refused_for(edit: Edit, expected: str, project: ProjectDirectory) -> None:
    project.edit(FILE, *edit)
    assert project.problems() == [f"{FILE}:{expected}"]


@pytest.mark.parametrize(("edit", "expected"), READ.values(), ids=READ.keys())
def test_filters_are_read(edit: Edit, expected: tuple[object, ...], project: ProjectDirectory) -> None:
    project.edit(FILE, *edit)
    loaded = project.load()
    assert loaded.problems == ()
    assert loaded.triggers[0].filters == expected


@pytest.mark.parametrize(("expression", "yields"), NO_BOOLEAN.values(), ids=NO_BOOLEAN.keys())
def test_a_cesql_expression_without_a_boolean_is_warned_of(
    expression: str, yields: str, project: ProjectDirectory
) -> None:
    project.edit(FILE, *filters(f"cesql: {expression}"))
    loaded = project.load()
    assert loaded.problems == ()
    assert loaded.triggers[0].filters == (Cesql(expression),)
    [warning] = project.warnings()
    assert warning == (
        f"{FILE}:9: the expression yields {yields}, not a boolean: spec.filters[0].cesql (class Kafka casts it; on the "
        "cluster class MTChannelBasedBroker panics, here it lets no such event pass: compare it with something)"
    )


def test_only_a_cesql_filter_loads_the_grammar(project: ProjectDirectory) -> None:
    assert not _loads_lark(project)
    project.edit(FILE, *filters("cesql: type = 'a'"))
    assert _loads_lark(project)


def _loads_lark(project: ProjectDirectory) -> bool:
    script = "import sys; from mesh.cli.main import main; main(['check']); sys.exit(3 if 'lark' in sys.modules else 0)"
    done = subprocess.run([sys.executable, "-c", script], check=False, cwd=project.root, timeout=60)
    return {0: False, 3: True}[done.returncode]
