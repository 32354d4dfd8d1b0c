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
            "characters, digits, '_', '-', or '.', and must not start with a digit: run.envs[0]"
        ),
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
