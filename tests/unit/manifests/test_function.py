"""A func.yaml as a whole, in func's own words."""

from datetime import timedelta

import pytest

from mesh.manifests.function_run import kafka_problems
from mesh.manifests.revision import Probes, Scale
from support.project_directory import Edit, ProjectDirectory

FILE = "functions/invoice/func.yaml"
ENVS = "  envs:\n    - name: DATABASE_URL\n      value: '{{ secret:database:url }}'\n"
SCALE = "    scale: {min: 0, max: 10}\n"
NAME_RULE = (
    "must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character: name"
)
UNINITIALIZED = (
    "'functions/invoice' does not contain an initialized function: created (write a time, such as 2026-01-31T12:00:00Z)"
)


def deploy(setting: str) -> Edit:
    return "  options:\n", f"  {setting}\n  options:\n"


BROKEN = {
    "no name": (("name: invoice\n", ""), "1: missing field(s): name"),
    "a name that begins with a digit": (
        ("name: invoice", "name: 1invoice"),
        f"2: Function name '1invoice' {NAME_RULE}",
    ),
    "a name that leads elsewhere": (
        ("name: invoice", "name: ../invoice"),
        f"2: Function name '../invoice' {NAME_RULE}",
    ),
    "a namespace in capitals": (
        ("namespace: cabs", "namespace: Cabs"),
        (
            "4: invalid value: Cabs: namespace (lower case alphanumeric characters or '-', "
            "starting and ending with an alphanumeric character)"
        ),
    ),
    "no time of creation": (("created: 2026-01-31T12:00:00Z\n", ""), f"1: {UNINITIALIZED}"),
    "a zero time of creation": (("2026-01-31T12:00:00Z", "0001-01-01T00:00:00Z"), f"5: {UNINITIALIZED}"),
    "another runtime": (("runtime: python", "runtime: go"), "3: runtime go is not run by this mesh: runtime (python)"),
    "an unknown invoke": (
        ("invoke: cloudevent", "invoke: kafka"),
        "6: scaffolding error. scaffolding not found: invoke kafka (http or cloudevent)",
    ),
    "a list for run": (("run:\n" + ENVS, "run: []\n"), "7: invalid value: a list: run (an object)"),
    "a kafka source": (
        ("run:\n", "run:\n  kafka: {topic: a}\n"),
        "8: run.kafka is currently only supported for the Go runtime: run.kafka",
    ),
    "an activation scale that is no number": (
        deploy("annotations: {autoscaling.knative.dev/activation-scale: two}"),
        "15: invalid value: two: deploy.annotations[autoscaling.knative.dev/activation-scale] (a number)",
    ),
    "a time to start that is no duration": (
        ("run:\n", "run:\n  startTimeout: soon\n"),
        "8: invalid value: soon: run.startTimeout (a Go duration, such as 1m0s)",
    ),
    "an unknown deployer": (
        ("run:\n", "deployer: helm\nrun:\n"),
        "7: unsupported deploy type: helm (supported: knative, raw, keda): deployer",
    ),
    "an unknown deployer that was used": (
        deploy("deployer: helm"),
        "15: unsupported deploy type: helm (supported: knative, raw, keda): deploy.deployer",
    ),
    "a text for a yes or no": (
        ("run:\n", "registryInsecure: perhaps\nrun:\n"),
        "7: invalid value: perhaps: registryInsecure (true or false)",
    ),
    "a window that is no duration": (
        deploy("annotations: {autoscaling.knative.dev/window: PT60S}"),
        "15: invalid value: PT60S: deploy.annotations[autoscaling.knative.dev/window] (a Go duration, such as 60s)",
    ),
}


@pytest.mark.parametrize(("edit", "expected"), BROKEN.values(), ids=BROKEN.keys())
def test_a_function_is_refused_for(edit: Edit, expected: str, project: ProjectDirectory) -> None:
    project.edit(FILE, *edit)
    assert [problem for problem in project.problems() if problem.startswith(FILE)] == [f"{FILE}:{expected}"]


def test_a_function_without_a_module_is_refused(project: ProjectDirectory) -> None:
    project.remove("functions/invoice/func.py")
    assert project.problems() == [
        f"{FILE}:1: 'functions/invoice' has no func.py (write it there, with a main or a new that takes events)"
    ]


def test_an_old_template_that_func_does_not_build_is_refused_with_its_words(project: ProjectDirectory) -> None:
    project.write("functions/invoice/Procfile", "web: gunicorn func:application\n")
    assert project.problems() == [
        (
            f"{FILE}:1: this function uses a legacy Procfile-based Python layout (pre-v1.18, e.g. the old flask or "
            "wsgi templates), which is not supported: functions/invoice/Procfile (remove it: staging adds the one "
            "that runs)"
        )
    ]


@pytest.mark.parametrize("written", ["60000000000", "1m0s"])
def test_a_time_to_start_is_what_func_writes_or_what_its_schema_says(written: str, project: ProjectDirectory) -> None:
    project.edit(FILE, "run:\n", f"run:\n  startTimeout: {written}\n")
    assert (project.problems(), project.warnings()) == ([], [])


KAFKA = {
    "another runtime": ("http", "python", {}, ["run.kafka is currently only supported for the Go runtime"]),
    "requests": ("http", "go", {}, ["run.kafka is only supported with invoke: cloudevent"]),
    "nothing said": (
        "cloudevent",
        "go",
        {},
        [f"run.kafka.{name} is required when Kafka is configured" for name in ("brokers", "topic", "consumerGroup")],
    ),
    "all said": ("cloudevent", "go", {"brokers": "k:9092", "topic": "t", "consumerGroup": "g"}, []),
}


@pytest.mark.parametrize(("invoke", "runtime", "said", "messages"), KAFKA.values(), ids=KAFKA.keys())
def test_a_kafka_source_is_judged_as_func_does(
    invoke: str, runtime: str, said: dict[str, str], messages: list[str]
) -> None:
    given = {"brokers": "", "topic": "", "consumerGroup": ""} | said
    assert list(kafka_problems(given, invoke, runtime)) == messages


def test_a_python_project_has_its_module_elsewhere(project: ProjectDirectory) -> None:
    project.remove("functions/invoice/func.py")
    project.write("functions/invoice/pyproject.toml", "[project]\n")
    project.write("functions/invoice/function/func.py", "")
    assert project.problems() == []


WARNED = {
    "an unknown key": (("run:\n", "replicas: 3\nrun:\n"), '7: unknown field "replicas": replicas ('),
    "an unknown key inside": (
        ("  envs:\n", "  env: []\n  envs:\n"),
        '8: unknown field "env": run.env (did you mean envs?; unknown fields will be ignored)',
    ),
    "an unknown key of the builder": (
        ("run:\n", "build:\n  git: {urls: a}\nrun:\n"),
        '8: unknown field "urls": build.git.urls (did you mean url?; unknown fields will be ignored)',
    ),
    "an unknown key of the probes": (
        deploy("healthEndpoints: {live: /}"),
        '15: unknown field "live": deploy.healthEndpoints.live (',
    ),
    "subscriptions": (
        deploy("subscriptions: [{source: default}]"),
        (
            "15: func deploy would make these Triggers too, and events would arrive twice: deploy.subscriptions "
            "(keep Triggers in triggers/ only)"
        ),
    ),
    "a volume": (
        ("run:\n", "run:\n  volumes: [{path: /a, secret: a}]\n"),
        "8: mounted on the cluster only: run.volumes[0]",
    ),
    "a panic window that Serving refuses": (
        deploy('annotations: {autoscaling.knative.dev/panic-window-percentage: "0.5"}'),
        (
            "15: expected 1 <= 0.5 <= 100: deploy.annotations[autoscaling.knative.dev/panic-window-percentage] "
            "(the cluster will refuse it)"
        ),
    ),
    "a window that Serving refuses": (
        deploy("annotations: {autoscaling.knative.dev/window: 2s}"),
        (
            "15: expected 6s <= 2s <= 1h0m0s: deploy.annotations[autoscaling.knative.dev/window] "
            "(the cluster will refuse it)"
        ),
    ),
}


@pytest.mark.parametrize(("edit", "expected"), WARNED.values(), ids=WARNED.keys())
def test_a_function_is_warned_of(edit: Edit, expected: str, project: ProjectDirectory) -> None:
    project.edit(FILE, *edit)
    assert project.problems() == []
    (warning,) = project.warnings()
    assert warning.startswith(f"{FILE}:{expected}")


def test_a_function_is_read(project: ProjectDirectory) -> None:
    project.edit(FILE, ENVS, ENVS + "    - {name: SHARE, value: 0.80}\n    - {value: '{{ secret:all }}'}\n")
    function = next(item for item in project.load().functions if item.name == "invoice")
    assert (function.key, function.invoke) == ("cabs/invoice", "cloudevent")
    assert function.directory == str((project.root / "functions/invoice").resolve())
    assert [(entry.name, entry.value) for entry in function.envs] == [
        ("DATABASE_URL", "{{ secret:database:url }}"),
        ("SHARE", "0.80"),
        ("", "{{ secret:all }}"),
    ]
    assert function.labels["app.kubernetes.io/part-of"] == "cabs"


def test_a_function_scales_as_it_says(project: ProjectDirectory) -> None:
    options = (
        "  annotations:\n"
        "    autoscaling.knative.dev/window: 6s\n"
        '    autoscaling.knative.dev/panic-window-percentage: "20"\n'
        '    autoscaling.knative.dev/panic-threshold-percentage: "150.5"\n'
        '    autoscaling.knative.dev/activation-scale: "2"\n'
        "    autoscaling.knative.dev/scale-down-delay: 1m\n"
        "  options:\n"
        "    scale: {min: 1, max: 3, metric: rps, target: 7.5, utilization: 50}\n"
        "    resources: {limits: {cpu: 500m, memory: 256Mi, concurrency: 2}}\n"
    )
    project.edit(FILE, "  options:\n" + SCALE, options)
    loaded = project.load()
    assert loaded.problems == ()
    function = next(item for item in loaded.functions if item.name == "invoice")
    assert function.scale == Scale(
        minimum=1,
        maximum=3,
        metric="rps",
        target=7.5,
        utilization_percent=50.0,
        concurrency=2,
        window=timedelta(seconds=6),
        panic_window_percent=20.0,
        panic_threshold_percent=150.5,
        activation=2,
        down_delay=timedelta(minutes=1),
    )
    assert function.memory_bytes == 256 * 2**20


def test_a_function_says_where_it_is_probed_and_how_long_its_start_may_take(project: ProjectDirectory) -> None:
    project.edit(FILE, "run:\n", "run:\n  startTimeout: 1m30s\n")
    project.edit(FILE, "deploy:\n", "deploy:\n  healthEndpoints: {liveness: /alive, readiness: /ready}\n")
    loaded = project.load()
    assert loaded.problems == ()
    function = next(item for item in loaded.functions if item.name == "invoice")
    assert function.probes == Probes("/ready", "/alive", timedelta(seconds=90))


def test_a_function_that_says_little_has_the_defaults(project: ProjectDirectory) -> None:
    project.write(FILE, "name: invoice\nruntime: python\nnamespace: cabs\ncreated: 2026-01-31T12:00:00Z\n")
    loaded = project.load()
    assert loaded.problems == ()
    function = next(item for item in loaded.functions if item.name == "invoice")
    assert (function.invoke, function.envs, function.scale) == ("http", (), Scale())
    assert (function.probes, function.memory_bytes) == (Probes(), None)
