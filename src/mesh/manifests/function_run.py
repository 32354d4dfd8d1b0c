"""func.yaml's `run` but for its envs, in func's words (knative/func pkg/functions/function.go)."""

from collections.abc import Iterator

from mesh.manifests.durations import parse_go
from mesh.manifests.function_fields import FunctionFields
from mesh.manifests.function_volumes import check_volumes

RUN = ("volumes", "envs", "startTimeout", "kafka")
KAFKA = ("brokers", "topic", "consumerGroup")


def check_run(run: FunctionFields, invoke: str, runtime: str) -> None:
    """Check what the mesh has no use for."""
    check_volumes(run)
    _check_start_timeout(run)
    kafka = run.object("kafka", KAFKA)
    if kafka:
        given = {name: kafka.text(name) or "" for name in KAFKA}
        for message in kafka_problems(given, invoke, runtime):
            kafka.problem(kafka.node, f"{message}: run.kafka")


def kafka_problems(given: dict[str, str], invoke: str, runtime: str) -> Iterator[str]:
    """Yield what validateKafka says."""
    if runtime != "go":
        yield "run.kafka is currently only supported for the Go runtime"
    elif invoke != "cloudevent":
        yield "run.kafka is only supported with invoke: cloudevent"
    else:
        yield from (f"run.kafka.{name} is required when Kafka is configured" for name in KAFKA if not given[name])


def _check_start_timeout(run: FunctionFields) -> None:
    """The JSON schema takes an integer, nanoseconds; func itself writes 1m0s."""
    node = run.get("startTimeout")
    if node is None or (isinstance(node.value, int) and not isinstance(node.value, bool)):
        return
    try:
        parse_go(node.text)
    except ValueError:
        run.wrong(node, "a Go duration, such as 1m0s")
