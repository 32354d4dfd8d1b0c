"""func.yaml's environment variables, in func's own words."""

import pytest

from support.project_directory import Edit, ProjectDirectory

FILE = "functions/invoice/func.yaml"
SECRET = "value: '{{ secret:database:url }}'"
ENVS = "  envs:\n    - name: DATABASE_URL\n      value: '{{ secret:database:url }}'\n"
ALLOWED = "but allowed is only '{{ env:MY_ENV }}', '{{ secret:secretName:key }}' or '{{ configMap:configMapName:key }}'"


def env(entry: str) -> Edit:
    return ENVS, f"  envs:\n    - {entry}\n"


def build_env(entry: str) -> Edit:
    return "run:\n", f"build:\n  buildEnvs:\n    - {entry}\nrun:\n"


BROKEN = {
    "an object for envs": ((ENVS, "  envs: {A: b}\n"), "8: invalid value: an object: run.envs (a list)"),
    "an env without anything": (env("{}"), "9: env entry #0 is not properly set: run.envs[0]"),
    "an env without a value": (
        env("name: A"),
        "9: env entry #0 is missing value field, only name 'A' is set: run.envs[0]",
    ),
    "an env twice": (
        env("{name: A, value: b}\n    - {name: A, value: c}"),
        '10: env entry #1 has duplicate name "A" (first defined at entry #0): run.envs[1]',
    ),
    "an env with a value alone": (
        env("value: plain"),
        (
            "9: env entry #0 has invalid value field set, it has 'plain', but allowed is only "
            "'{{ secret:secretName }}' or '{{ configMap:configMapName }}': run.envs[0]"
        ),
    ),
    "an env that begins with a digit": (
        env("{name: 1A, value: b}"),
        (
            '9: env entry #0 has invalid name set: "1A"; a valid environment variable name must consist of alphabetic '
            "characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or "
            "'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*'): run.envs[0]"
        ),
    ),
    "an env of a parent's name": (
        env("{name: ..A, value: b}"),
        "9: env entry #0 has invalid name set: \"..A\"; must not start with '..': run.envs[0]",
    ),
    "a build env twice": (
        build_env("{name: A, value: b}\n    - {name: A, value: c}"),
        '10: env entry #1 has duplicate name "A" (first defined at entry #0): build.buildEnvs[1]',
    ),
    "a build env without anything": (build_env("{}"), "9: env entry #0 is not properly set: build.buildEnvs[0]"),
    "a build env without a value": (
        build_env("name: A"),
        "9: env entry #0 is missing value field, only name 'A' is set: build.buildEnvs[0]",
    ),
    "a build env of a name that is none": (
        build_env("{name: '.', value: b}"),
        "9: env entry #0 has invalid name set: \".\"; must not be '.': build.buildEnvs[0]",
    ),
    "a reference that is none": (
        (SECRET, "value: '{{ vault:a:b }}'"),
        (
            "9: env entry #0 with name 'DATABASE_URL' has invalid value field set, it has '{{ vault:a:b }}', "
            f"{ALLOWED}: run.envs[0]"
        ),
    ),
    "a secret without its key": (
        (SECRET, "value: '{{ secret:database }}'"),
        (
            "9: env entry #0 with name 'DATABASE_URL' has invalid value field set, it has '{{ secret:database }}', "
            f"{ALLOWED}: run.envs[0]"
        ),
    ),
    "a build env from a secret": (
        build_env("{name: A, value: '{{ secret:a:b }}'}"),
        (
            "9: env entry #0 with name 'A' has invalid value field set, it has '{{ secret:a:b }}', "
            "but allowed is only '{{ env:MY_ENV }}': build.buildEnvs[0]"
        ),
    ),
    "a build env without a name": (
        build_env("value: x"),
        "9: env entry #0 is missing name field, only value 'x' is set: build.buildEnvs[0]",
    ),
}


@pytest.mark.parametrize(("edit", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_a_function_is_refused_for(edit: Edit, expected: str, project: ProjectDirectory) -> None:
    project.edit(FILE, *edit)
    assert project.problems() == [f"{FILE}:{expected}"]


def test_all_that_is_wrong_with_an_env_is_said(project: ProjectDirectory) -> None:
    project.edit(FILE, *env("{name: ..A, value: '{{ secret:é:b }}'}"))
    assert [problem.partition("env entry ")[2][:30] for problem in project.problems()] == [
        '#0 has invalid name set: "..A"',
        "#0 with name '..A' has invalid",
    ]


RIGHT = {
    "plain": "{name: A, value: b}",
    "from the shell": "{name: A, value: '{{ env:B }}'}",
    "from a secret": "{name: A, value: '{{ secret:cabs-database:tls.crt }}'}",
    "from a config map": "{name: A, value: '{{configMap:tariff:base}}'}",
    "a whole secret": "{value: '{{ secret:mail }}'}",
    "a whole config map": "{value: '{{ configMap:mail }}'}",
    "a null for no name": "{name: ~, value: '{{ secret:mail }}'}",
    "a strange but valid name": "{name: .a-b_C.1, value: ''}",
}


@pytest.mark.parametrize("entry", RIGHT.values(), ids=RIGHT.keys())
def test_a_function_may_have(entry: str, project: ProjectDirectory) -> None:
    project.edit(FILE, *env(entry))
    assert (project.problems(), project.warnings()) == ([], [])
