"""One fact is stated in several files: a step's directory, its func.yaml, its trigger, its code. None drifts apart."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any as Anything
from typing import get_args, get_type_hints

import pytest
import yaml

from cabs.contract import Contract
from cabs.events import EVENTS
from mesh.manifests.model import All, Any, Exact, Filter, Legacy, Project
from mesh.manifests.project import load
from step import Event
from support.steps import STEPS, load_step

ROOT = Path(__file__).parents[3]
TERMINAL: set[str] = set()  # facts that nobody here takes further
FROM_ELSEWHERE = re.compile(r"K_[A-Z_]+|PORT|PATH|HOME|OTEL_.*")  # Knative, and whoever runs a collector
SETTING = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+|CURRENCY")
DECLARED = {event.type for event in EVENTS}


@pytest.fixture(scope="module")
def project() -> Project:
    return load(ROOT)


def filtered_types(entries: tuple[Filter, ...]) -> Iterator[str]:
    for entry in entries:
        match entry:
            case Exact(attributes) | Legacy(attributes):
                yield attributes["type"]
            case Any(filters) | All(filters):
                yield from filtered_types(filters)
            case _:
                pytest.fail(f"say here which types {entry} takes")


def stepped(module: ModuleType, step: str) -> dict[str, Anything]:
    """The type hints of the function that `step(…)` is called with."""
    tree = ast.parse((ROOT / f"functions/{step}/func.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) == "step"]
    (call,) = calls
    return get_type_hints(getattr(module, ast.unparse(call.args[0])))


def contracts(hint: Anything) -> Iterator[type[Contract]]:
    if isinstance(hint, type) and issubclass(hint, Contract):
        yield hint
    for argument in get_args(hint):
        yield from contracts(argument)


def taken(step: str) -> set[str] | None:
    """The types that a step takes, None for any."""
    hints = stepped(load_step(step), step)
    first = next(hint for name, hint in hints.items() if name != "return")
    return None if first is Event else {contract.type for contract in contracts(first)}


def emitted(step: str) -> set[str]:
    return {contract.type for contract in contracts(stepped(load_step(step), step)["return"])}


def settings_read(file: Path) -> set[str]:
    """Names of settings among a file's texts; they are read by name, whatever the accessor is called."""
    tree = ast.parse(file.read_text())
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return {text for text in texts if SETTING.fullmatch(text) and not FROM_ELSEWHERE.fullmatch(text)}


def test_a_directory_its_func_yaml_its_trigger_and_its_subscriber_have_one_name(project: Project) -> None:
    assert {Path(function.directory).name for function in project.functions} == set(STEPS)
    assert {function.name for function in project.functions} == set(STEPS)
    assert {path.stem for path in (ROOT / "triggers").glob("*.yaml")} == set(STEPS)
    for trigger in project.triggers:
        assert trigger.origin.file == f"triggers/{trigger.name}.yaml"
        assert trigger.subscriber.ref is not None
        assert trigger.subscriber.ref.name == trigger.name


def test_everything_is_in_the_one_namespace(project: Project) -> None:
    for objects in (project.brokers, project.triggers, project.functions, project.sink_bindings):
        assert {item.namespace for item in objects} == {"cabs"}


def test_every_filtered_type_is_declared(project: Project) -> None:
    filtered = {type_ for trigger in project.triggers for type_ in filtered_types(trigger.filters)}
    assert filtered <= DECLARED


def test_every_declared_type_is_somebodys(project: Project) -> None:
    filtered = {type_ for trigger in project.triggers for type_ in filtered_types(trigger.filters)}
    assert filtered | TERMINAL == DECLARED


@pytest.mark.parametrize("step", STEPS)
def test_a_step_takes_what_its_trigger_lets_through(step: str, project: Project) -> None:
    (trigger,) = (trigger for trigger in project.triggers if trigger.name == step)
    types = taken(step)
    assert types is None or types == set(filtered_types(trigger.filters))


@pytest.mark.parametrize("step", STEPS)
def test_what_a_step_emits_has_a_trigger_or_is_terminal(step: str, project: Project) -> None:
    filtered = {type_ for trigger in project.triggers for type_ in filtered_types(trigger.filters)}
    assert emitted(step) <= filtered | TERMINAL


def test_every_declared_type_is_registered_with_the_broker(project: Project) -> None:
    assert sorted(event_type.type for event_type in project.event_types) == sorted(DECLARED)


def test_the_migration_reads_the_secret_that_the_steps_read(project: Project) -> None:
    (job,) = yaml.safe_load_all((ROOT / "broker/500-migrate.yaml").read_text())
    (env,) = job["spec"]["template"]["spec"]["containers"][0]["env"]
    key = env["valueFrom"]["secretKeyRef"]
    read = {entry.value for function in project.functions for entry in function.envs if entry.name == env["name"]}
    assert read == {f"{{{{ secret:{key['name']}:{key['key']} }}}}"}


@pytest.mark.parametrize("step", STEPS)
def test_every_step_says_how_far_it_scales(step: str) -> None:
    func_yaml = yaml.safe_load((ROOT / f"functions/{step}/func.yaml").read_text())
    assert {"min", "max", "metric", "target"} <= set(func_yaml["deploy"]["options"]["scale"])


def test_every_trigger_ends_in_a_dead_letter_sink(project: Project) -> None:
    for trigger in project.triggers:
        delivery = trigger.delivery or project.broker_of(trigger).delivery
        assert delivery is not None, trigger.key
        assert delivery.dead_letter_sink is not None, trigger.key


@pytest.mark.parametrize("step", STEPS)
def test_every_setting_that_a_step_reads_is_in_its_func_yaml(step: str, project: Project) -> None:
    (function,) = (function for function in project.functions if function.name == step)
    code = [ROOT / f"functions/{step}/func.py", *(ROOT / "src/step").glob("*.py")]
    read = {name for file in code for name in settings_read(file)}
    assert read <= {env.name for env in function.envs}


def test_what_the_drift_test_finds_is_what_is_there() -> None:
    assert taken("notify") == {
        "cabs.drivers.driver-fee",
        "cabs.billing.invoice-issued",
        "cabs.passengers.miles-awarded",
    }
    assert taken("dead-letter") is None
    assert emitted("invoice") == {"cabs.billing.invoice-issued"}
    assert {"FARE_BASE", "CURRENCY"} <= settings_read(ROOT / "functions/ride-completed/func.py")
