"""func.yaml's labels, volumes, scale and resources, in func's own words."""

import pytest

from mesh.manifests.project import load
from support.project_directory import Edit, ProjectDirectory

FILE = "functions/invoice/func.yaml"
SCALE = "    scale: {min: 0, max: 10}\n"


def volume(entry: str) -> Edit:
    return "run:\n", f"run:\n  volumes:\n    - {entry}\n"


def label(entry: str) -> Edit:
    return "    - key: app.kubernetes.io/part-of\n      value: cabs\n", f"    - {entry}\n"


def scale(setting: str) -> Edit:
    return SCALE, f"    scale: {{{setting}}}\n"


def resources(setting: str) -> Edit:
    return SCALE, f"    resources: {{{setting}}}\n"


BROKEN = {
    "a label without a key": (
        label("value: x"),
        "13: label entry #0 is missing key field, only value 'x' is set: deploy.labels[0]",
    ),
    "a label without anything": (label("{}"), "13: label entry #0 is not properly set: deploy.labels[0]"),
    "a label's key with a space": (
        label("{key: a b, value: x}"),
        (
            '13: label entry #0 has invalid key set: "a b"; name part must consist of alphanumeric characters, '
            "'-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  "
            "or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'): deploy.labels[0]"
        ),
    ),
    "a label's value with a space": (
        label("{key: a, value: b c}"),
        (
            '13: label entry #0 has invalid value set: "b c"; a valid label must be an empty string or consist of '
            "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. "
            "'MyValue',  or 'my_value',  or '12345', regex used for validation is "
            "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?'): deploy.labels[0]"
        ),
    ),
    "a label from a secret": (
        label("{key: a, value: '{{ secret:a:b }}'}"),
        (
            "13: label entry #0 with key 'a' has invalid value field set, it has '{{ secret:a:b }}', "
            "but allowed is only '{{ env:MY_ENV }}': deploy.labels[0]"
        ),
    ),
    "a volume of no type": (
        volume("path: /a"),
        (
            '9: volume entry #0 (No volume type at path: "/a") is missing a volume type: run.volumes[0] '
            "(one of secret, configMap, persistentVolumeClaim, emptyDir)"
        ),
    ),
    "a volume of two types": (
        volume("{path: /a, secret: a, configMap: b}"),
        '9: volume entry #0 (ConfigMap "b" at path: "/a") may not specify more than one volume type: run.volumes[0]',
    ),
    "a volume without a path": (
        volume("secret: a"),
        '9: volume entry #0 (Secret "a") is missing path field: run.volumes[0]',
    ),
    "a volume's path twice": (
        volume("{path: /a, secret: a}\n    - {path: /b/../a/, secret: b}"),
        '10: volume entry #1 has duplicate path "/b/../a/" (first defined at entry #0): run.volumes[1]',
    ),
    "a claim without a name": (
        volume("{path: /a, persistentVolumeClaim: {}}"),
        '9: volume entry #0 (PersistentVolumeClaim at path: "/a") is missing claim name: run.volumes[0]',
    ),
    "a strange medium": (
        volume("{path: /a, emptyDir: {medium: Disk}}"),
        '9: volume entry #0 (EmptyDir at path: "/a") has invalid storage medium (Disk): run.volumes[0]',
    ),
    "a negative minimum": (
        scale("min: -1"),
        (
            '16: options field "scale.min" has invalid value set: -1, the value must be greater than "0": '
            "deploy.options.scale.min"
        ),
    ),
    "a negative maximum": (
        scale("max: -1"),
        (
            '16: options field "scale.max" has invalid value set: -1, the value must be greater than "0": '
            "deploy.options.scale.max"
        ),
    ),
    "a maximum below the minimum": (
        scale("min: 3, max: 2"),
        '16: options field "scale.max" value must be greater or equal to "scale.min": deploy.options.scale.max',
    ),
    "an unknown metric": (
        scale("metric: cpu"),
        (
            '16: options field "scale.metric" has invalid value set: cpu, allowed is only "concurrency" or "rps": '
            "deploy.options.scale.metric"
        ),
    ),
    "a target of nothing": (
        scale("target: 0"),
        (
            '16: options field "scale.target" has value set to "0.000000", but it must not be less than 0.01: '
            "deploy.options.scale.target"
        ),
    ),
    "a utilization above all": (
        scale("utilization: 101"),
        (
            '16: options field "scale.utilization" has value set to "101.000000", but it must not be less than 1 '
            "or greater than 100: deploy.options.scale.utilization"
        ),
    ),
    "a target in words": (scale("target: many"), "16: invalid value: many: deploy.options.scale.target (a number)"),
    "memory that is no quantity": (
        resources("requests: {memory: lots}"),
        (
            '16: options field "resources.requests.memory" has invalid value set: "lots"; "quantities must match the '
            "regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'\": "
            "deploy.options.resources.requests.memory"
        ),
    ),
    "a processor that is no quantity": (
        resources("limits: {cpu: 1x}"),
        (
            '16: options field "resources.limits.cpu" has invalid value set: "1x"; "quantities must match the '
            "regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'\": "
            "deploy.options.resources.limits.cpu"
        ),
    ),
    "memory of an unknown unit": (
        resources("limits: {memory: 1Mm}"),
        (
            '16: options field "resources.limits.memory" has invalid value set: "1Mm"; "unable to parse '
            "quantity's suffix\": deploy.options.resources.limits.memory"
        ),
    ),
    "a utilization below all": (
        scale("utilization: 0.5"),
        (
            '16: options field "scale.utilization" has value set to "0.500000", but it must not be less than 1 '
            "or greater than 100: deploy.options.scale.utilization"
        ),
    ),
    "a negative concurrency": (
        resources("limits: {concurrency: -1}"),
        (
            '16: options field "resources.limits.concurrency" has value set to "-1", but it must not be less than 0: '
            "deploy.options.resources.limits.concurrency"
        ),
    ),
}


@pytest.mark.parametrize(("edit", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_a_function_is_refused_for(edit: Edit, expected: str, project: ProjectDirectory) -> None:
    project.edit(FILE, *edit)
    assert project.problems() == [f"{FILE}:{expected}"]


def test_a_labels_value_is_checked_as_the_environment_has_it(project: ProjectDirectory) -> None:
    project.edit(FILE, *label("{key: a, value: '{{ env:PART }}'}"))
    assert load(project.root, {"PART": "cabs"}).problems == load(project.root, {}).problems == ()
    (problem,) = load(project.root, {"PART": "two words"}).problems
    assert str(problem).startswith(
        f"{FILE}:13: label entry #0 with key 'a' has invalid value when the environment is evaluated: 'two words': "
        "a valid label must be an empty string or consist of alphanumeric characters"
    )


RIGHT = {
    "a label with a prefix": label("{key: app.kubernetes.io/part-of, value: cabs_1.2-x}"),
    "a label without a value": label("{key: a}"),
    "all of scale": scale("min: 0, max: 0, metric: rps, target: 0.01, utilization: 100"),
    "all of resources": resources(
        "requests: {cpu: 100m, memory: 128Mi}, limits: {cpu: 1, memory: 1e9, concurrency: 0}"
    ),
}


@pytest.mark.parametrize("edit", RIGHT.values(), ids=RIGHT.keys())
def test_a_function_may_have(edit: Edit, project: ProjectDirectory) -> None:
    project.edit(FILE, *edit)
    assert (project.problems(), project.warnings()) == ([], [])


VOLUMES = {
    "a secret": "secret: a",
    "a config map": "configMap: a",
    "a claim": "persistentVolumeClaim: {claimName: a, readOnly: true}",
    "a directory": "emptyDir: {}",
    "memory": "emptyDir: {medium: Memory, sizeLimit: 64Mi}",
}


@pytest.mark.parametrize("volume_type", VOLUMES.values(), ids=VOLUMES.keys())
def test_a_volume_may_be(volume_type: str, project: ProjectDirectory) -> None:
    project.edit(FILE, *volume(f"{{path: /a, {volume_type}}}"))
    assert project.problems() == []
