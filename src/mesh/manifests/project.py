"""A directory's manifests and functions, read as a whole."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mesh.manifests import kinds
from mesh.manifests.broker import read_broker
from mesh.manifests.config_map import read_partitions
from mesh.manifests.differences import differences
from mesh.manifests.event_policy import check_event_policy
from mesh.manifests.event_type import read_event_type
from mesh.manifests.fields import Findings
from mesh.manifests.files import function_files, manifest_documents, read_file
from mesh.manifests.function import read_function
from mesh.manifests.model import KAFKA, MT, Broker, Function, Project, Trigger
from mesh.manifests.objects import Kind, Object, identify
from mesh.manifests.ping_source import read_ping_source
from mesh.manifests.problem import Origin, Problem
from mesh.manifests.references import check_references
from mesh.manifests.sink_binding import read_sink_binding
from mesh.manifests.trigger import order_problem, read_trigger
from mesh.manifests.yaml_nodes import Node


def load(root: Path, environ: Mapping[str, str] = os.environ) -> Project:
    """Read `functions/*/func.yaml` and the YAML files in `broker/`, `triggers/` and `sources/`.

    Nothing in the files makes it raise: all that is wrong is in `problems`, and a project with any is not to be run.
    """
    if not root.is_dir():
        problem = Problem(Origin(str(root), 0), "no such directory (name the one that holds functions/ and broker/)")
        return Project(str(root), problems=(problem,))
    findings = Findings()
    functions = _functions(root, environ, findings)
    objects = identify(manifest_documents(root, findings), findings)
    project = _project(root, objects, functions, findings)
    findings.problems.extend(_between(project))
    findings.warnings.extend(differences(project))
    return replace(project, warnings=_in_order(findings.warnings), problems=_in_order(findings.problems))


def _functions(root: Path, environ: Mapping[str, str], findings: Findings) -> tuple[Function, ...]:
    functions: dict[str, Function] = {}
    for file in function_files(root, findings):
        for document in _func_yaml(root, file, findings):
            function = read_function(document, file.parent.resolve(), environ, findings)
            first = functions.setdefault(function.key, function)
            if first is not function and function.name:
                findings.problem(document, f"Function {function.key} already exists: name (first at {first.origin})")
    return tuple(functions.values())


def _func_yaml(root: Path, file: Path, findings: Findings) -> list[Node]:
    told = len(findings.problems)
    documents = read_file(root, file, findings)[:1]
    if not documents and len(findings.problems) == told:
        origin = Origin(file.relative_to(root).as_posix(), 0)
        findings.problems.append(Problem(origin, "there is nothing in it (func create writes one)"))
    return documents


def _project(root: Path, objects: Sequence[Object], functions: tuple[Function, ...], findings: Findings) -> Project:
    brokers = _brokers(objects, findings)
    for item in _of(objects, kinds.EVENT_POLICY):
        check_event_policy(item.document, item.metadata, findings)
    return Project(
        root=str(root),
        brokers=brokers,
        triggers=_triggers(objects, brokers, findings),
        sink_bindings=tuple(
            read_sink_binding(item.document, item.metadata, findings) for item in _of(objects, kinds.SINK_BINDING)
        ),
        event_types=tuple(
            read_event_type(item.document, item.metadata, findings, item.version)
            for item in _of(objects, *kinds.EVENT_TYPES)
        ),
        ping_sources=tuple(
            read_ping_source(item.document, item.metadata, findings) for item in _of(objects, *kinds.PING_SOURCES)
        ),
        functions=functions,
        cluster_only=tuple(_cluster_only(objects, brokers)),
    )


def _of(objects: Sequence[Object], *wanted: Kind) -> Iterator[Object]:
    return (item for item in objects if item.kind in wanted)


def _brokers(objects: Sequence[Object], findings: Findings) -> tuple[Broker, ...]:
    config_maps = {item.metadata.key: item for item in _of(objects, kinds.CONFIG_MAP)}
    brokers = [read_broker(item.document, item.metadata, findings) for item in _of(objects, kinds.BROKER)]
    return tuple(_with_partitions(broker, config_maps.get(_config_key(broker)), findings) for broker in brokers)


def _triggers(objects: Sequence[Object], brokers: Sequence[Broker], findings: Findings) -> tuple[Trigger, ...]:
    classes = {broker.key: broker.broker_class for broker in brokers}
    triggers = []
    for item in _of(objects, kinds.TRIGGER):
        trigger = read_trigger(item.document, item.metadata, findings)
        problem = order_problem(item.metadata)
        if problem and classes.get(trigger.broker_key) != MT:
            findings.problems.append(problem)
        triggers.append(trigger)
    return tuple(triggers)


def _cluster_only(objects: Sequence[Object], brokers: Sequence[Broker]) -> Iterator[str]:
    """List what the mesh has no use for, and what it checks and does not run."""
    named = {_config_key(broker) for broker in brokers}
    for item in objects:
        used = item.metadata.key in named if item.kind == kinds.CONFIG_MAP else item.kind in kinds.READ
        remark = kinds.NOT_RUN.get(item.kind)
        if remark or not used:
            yield f"{item.document.origin}: {item}" + (f" ({remark})" if remark else "")


def _config_key(broker: Broker) -> str:
    """The ConfigMap that the broker's class reads: a channel's template is none of the mesh's business."""
    return f"{broker.config.namespace}/{broker.config.name}" if broker.config and broker.broker_class == KAFKA else ""


def _with_partitions(broker: Broker, config_map: Object | None, findings: Findings) -> Broker:
    if config_map is not None:
        return replace(broker, partitions=read_partitions(config_map.document, findings))
    if _config_key(broker):
        message = f"ConfigMap {_config_key(broker)} is not among these files: spec.config"
        assumed = f"{broker.partitions} partitions are assumed"
        findings.warnings.append(Problem(broker.origin, f"{message} ({assumed})"))
    return broker


def _in_order(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: (problem.origin.file, problem.origin.line)))


def _between(project: Project) -> Iterator[Problem]:
    if not project.brokers:
        yield Problem(Origin("broker", 0), "no Broker is declared (write one into broker/, such as 200-broker.yaml)")
    yield from check_references(project)
