"""A Trigger's filters: what is refused, and what the rest means."""

import pytest

from mesh.manifests.model import Any, Exact, Legacy, Not, Nothing, Prefix, Suffix
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
    "a cesql filter": (
        filters("cesql: type = 'a'"),
        (
            "9: the cesql dialect is not run by this mesh yet: spec.filters[0].cesql "
            "(write it with exact, prefix, suffix, all, any and not)"
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
