"""func.yaml's build, in func's own words."""

import pytest

from mesh.manifests.function_build import git_url_problem
from mesh.manifests.quantities import quantity_problem
from support.project_directory import Edit, ProjectDirectory

FILE = "functions/invoice/func.yaml"


def build(setting: str) -> Edit:
    return "run:\n", f"build:\n  {setting}\nrun:\n"


BROKEN = {
    "a builder that is none": (
        build("builder: docker"),
        '8: "docker" is not a known builder. Available builders are "host", "pack" and "s2i": build.builder',
    ),
    "a place that git cannot fetch from": (
        build("git: {url: foo}"),
        '8: specified option "git.url=foo" is not valid, error: no scp URL found in "foo": build.git.url',
    ),
    "a text for the images": (
        build("builderImages: x"),
        "8: invalid value: x: build.builderImages (an object)",
    ),
    "a text for the buildpacks": (build("buildpacks: x"), "8: invalid value: x: build.buildpacks (a list)"),
    "a list for a base image": (build("baseImage: []"), "8: invalid value: a list: build.baseImage (a string)"),
}


@pytest.mark.parametrize(("edit", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_a_function_is_refused_for(edit: Edit, expected: str, project: ProjectDirectory) -> None:
    project.edit(FILE, *edit)
    assert project.problems() == [f"{FILE}:{expected}"]


RIGHT = {
    "pack": "builder: pack",
    "s2i": "builder: s2i",
    "host, which func's schema lacks": "builder: host",
    "images and buildpacks": "builderImages: {pack: a, s2i: b}\n  buildpacks: [a]",
    "a repository": "git: {url: 'https://example.com/cabs.git', revision: main, contextDir: functions/invoice}",
    "a version that YAML takes for a number": "buildEnvs: [{name: BP_CPYTHON_VERSION, value: 3.12}]",
    "volumes": "volumes: [{hostPath: /x, path: /y}]",
}


@pytest.mark.parametrize("setting", RIGHT.values(), ids=RIGHT.keys())
def test_a_function_may_be_built_with(setting: str, project: ProjectDirectory) -> None:
    project.edit(FILE, *build(setting))
    assert (project.problems(), project.warnings()) == ([], [])


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://myrepo/foo.git",
        "git@myrepo:foo.git",
        "ssh://git@host/x",
        "git+ssh://h/x",
        "file:///x",
        "host:path?a=b",
        "other://host/x",  # read as git's scp syntax
    ],
)
def test_git_fetches_from(url: str) -> None:
    assert git_url_problem(url) is None


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("foo", 'no scp URL found in "foo"'),
        ("/local", 'no scp URL found in "/local"'),
        ("a b:c", 'no scp URL found in "a b:c"'),
        ("x" * 2049, f'URL too long: "{"x" * 2049}"'),
    ],
)
def test_git_does_not_fetch_from(url: str, reason: str) -> None:
    assert git_url_problem(url) == f'specified option "git.url={url}" is not valid, error: {reason}'


@pytest.mark.parametrize("text", ["0", "1", "+1.5", "-.5", "1.", "100m", "128Mi", "1e9", "1E-3", "2E", "5n", "1Ki"])
def test_a_quantity_is(text: str) -> None:
    assert quantity_problem(text) is None


@pytest.mark.parametrize("text", ["", "lots", "1 Mi", "1,5", "0x10", "1.2.3"])
def test_a_quantity_matches_its_expression(text: str) -> None:
    assert "must match the regular expression" in (quantity_problem(text) or "")


@pytest.mark.parametrize("text", ["1Mm", "1mi", "1K", "5e", "1Mi2", "1iM"])
def test_a_quantity_has_a_suffix_of_a_unit(text: str) -> None:
    assert quantity_problem(text) == "unable to parse quantity's suffix"
