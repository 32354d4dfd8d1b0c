"""func.yaml's labels, volumes, scale and resources, in func's own words."""

import pytest

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
            "'-', '_' or '.', and must start and end with an alphanumeric character: deploy.labels[0]"
        ),
    ),
    "a label's value with a space": (
        label("{key: a, value: b c}"),
        (
            '13: label entry #0 has invalid value set: "b c"; a valid label must be an empty string or consist of '
            "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character: "
            "deploy.labels[0]"
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
            "9: volume entry #0 is missing a volume type (one of secret, configMap, persistentVolumeClaim, emptyDir): "
            "run.volumes[0]"
        ),
    ),
    "a volume of two types": (
        volume("{path: /a, secret: a, configMap: b}"),
        "9: volume entry #0 may not specify more than one volume type: run.volumes[0]",
    ),
    "a volume without a path": (volume("secret: a"), "9: volume entry #0 is missing path field: run.volumes[0]"),
    "a volume's path twice": (
        volume("{path: /a, secret: a}\n    - {path: /b/../a/, secret: b}"),
        '10: volume entry #1 has duplicate path "/b/../a/" (first defined at entry #0): run.volumes[1]',
    ),
    "a claim without a name": (
        volume("{path: /a, persistentVolumeClaim: {}}"),
        "9: volume entry #0 is missing claim name: run.volumes[0]",
    ),
    "a strange medium": (
        volume("{path: /a, emptyDir: {medium: Disk}}"),
        "9: volume entry #0 has invalid storage medium (Disk): run.volumes[0]",
    ),
    "a negative minimum": (
        scale("min: -1"),
        (
            '16: options field "scale.min" has invalid value set: -1, the value must be greater than "0": '
            "deploy.options.scale.min"
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
