"""`make deploy` and `make undeploy`: the same files to the cluster, with kubectl and func."""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mesh.functions import staging
from mesh.manifests.model import Function, Project
from mesh.manifests.project import load

HERE = "--namespace cabs"
CRDS = (
    "services.serving.knative.dev",
    "brokers.eventing.knative.dev",
    "consumergroups.internal.kafka.eventing.knative.dev",
    "kafkas.kafka.strimzi.io",
)
TOOLS = {"deploy": ("make", "kubectl", "func"), "undeploy": ("kubectl",)}
HOLDS_DATA = ("000-namespace.yaml", "100-kafka.yaml", "200-broker.yaml")  # the Secret, and events in Kafka
STOPPED = 130  # a shell's status for Ctrl-C
VALID = "mesh check . judges the files as the cluster does"


@dataclass(frozen=True, slots=True)
class Step:
    """A line for the shell, and what helps when it fails."""

    line: str
    cure: str


@dataclass(frozen=True, slots=True)
class Images:
    """How `func` is to build the functions, and where to push them; None is its own choice."""

    layout: str
    registry: str | None = None
    builder: str | None = None

    def flags(self) -> str:
        given = {"registry": self.registry, "builder": self.builder}
        return "".join(f" --{flag} {shlex.quote(value)}" for flag, value in given.items() if value)


def main() -> int:
    arguments = _parser().parse_args()
    project = load(Path())
    if project.problems:
        _say(*map(str, project.problems))
        return 2
    if arguments.what == "undeploy":
        return _go(list(undeploy(project, with_data=arguments.data)), arguments)
    images = Images(arguments.layout, arguments.registry, arguments.builder)
    mistakes = list(wrong(images, os.environ.get("FUNC_REGISTRY")))
    _say(*mistakes)
    if mistakes and not arguments.dry_run:
        return 2
    return _go(list(deploy(project, images)), arguments)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Bring the project to a cluster, or take it away.")
    parser.add_argument("what", choices=tuple(TOOLS))
    parser.add_argument("--layout", choices=("parliament", "asgi"), default="parliament")
    parser.add_argument("--registry", metavar="HOST/NAME", help="where func pushes images (else FUNC_REGISTRY)")
    parser.add_argument("--builder", choices=("pack", "s2i", "host"), help="what builds them (else func.yaml says it)")
    parser.add_argument("--data", action="store_true", help="undeploy events, Kafka and the namespace, too")
    parser.add_argument("--dry-run", action="store_true", help="print what would run")
    return parser


def wrong(images: Images, registry_of_func: str | None) -> Iterator[str]:
    """Say what cannot work, before anything is done."""
    if images.builder == "host" and images.layout == "parliament":
        yield "the host builder cannot build the parliament layout: add LAYOUT=asgi, or take BUILDER=pack or s2i"
    if not (images.registry or registry_of_func):
        yield "func has no registry to push images to: make deploy REGISTRY=HOST/NAME (or set FUNC_REGISTRY)"


def deploy(project: Project, images: Images) -> Iterator[Step]:
    """Broker and tables first; the triggers last, so that no event comes to a step before it can take it.

    The broker is ready only once its dead letter sink is: it is waited for after the functions.
    """
    names = [function.name for function in project.functions]
    yield Step(f"kubectl get crd {' '.join(CRDS)} --output name", "docs/deploy.md, step 1, installs what is not found")
    yield Step(f"make stage LAYOUT={images.layout}", "it says itself what is wrong")
    for file in _manifests(project):
        yield from _applied(file, project.functions)
    for name in names:
        yield _func_deploy(name, images)
    yield _ready("ksvc", names)
    yield _ready("broker", ["default"])
    yield _ready("sinkbinding", ["dead-letter"])
    for folder in ("sources", "triggers"):
        if any(Path(project.root, folder).glob("*.y*ml")):
            yield Step(f"kubectl apply -f {folder}/", VALID)
    yield _ready("trigger", [trigger.name for trigger in project.triggers])


def _manifests(project: Project) -> list[str]:
    return sorted(file.name for file in Path(project.root, "broker").glob("*.y*ml"))


def _applied(file: str, functions: Sequence[Function]) -> Iterator[Step]:
    """Apply a file of broker/, between what it needs and what the next one waits for."""
    if file == "500-migrate.yaml":
        yield _schemas([function.name for function in functions if staging.has_schema(function)])
        yield Step(f"kubectl delete job migrate {HERE} --ignore-not-found", f"kubectl describe job/migrate {HERE}")
    yield Step(f"kubectl apply -f broker/{shlex.quote(file)}", VALID)
    match file:
        case "000-namespace.yaml":
            yield _secret()
        case "100-kafka.yaml":
            yield _awaited(
                "kafka/cabs --namespace kafka", "Ready", "kubectl describe kafka/cabs --namespace kafka", 600
            )
        case "500-migrate.yaml":
            yield _awaited(f"job/migrate {HERE}", "Complete", f"kubectl logs job/migrate {HERE}")


def _secret() -> Step:
    """Whether the key is there; its value goes nowhere."""
    asked = "--allow-missing-template-keys=false --output 'jsonpath={.data.url}'"
    url = "postgresql://USER:PASSWORD@HOST:5432/DATABASE"
    return Step(
        f"kubectl get secret cabs-database {HERE} {asked} >/dev/null",
        f"kubectl create secret generic cabs-database {HERE} --from-literal=url={url}",
    )


def _schemas(names: Sequence[str]) -> Step:
    """The tables of all steps as a ConfigMap: made if it is not there, changed if it is."""
    files = " ".join(f"--from-file={name}.sql=build/functions/{name}/schema.sql" for name in names)
    made = f"kubectl create configmap cabs-schemas {HERE} {files} --dry-run=client --output yaml"
    return Step(f"{made} | kubectl apply -f -", "make stage writes the files")


def _func_deploy(name: str, images: Images) -> Step:
    cure = f"docs/deploy.md, 'When it fails'; kubectl describe ksvc/{name} {HERE}"
    return Step(f"func deploy --path build/functions/{name} {HERE}{images.flags()}", cure)


def _ready(kind: str, names: Sequence[str]) -> Step:
    things = " ".join(f"{kind}/{name}" for name in names)
    return _awaited(f"{things} {HERE}", "Ready", f"kubectl get {kind} {HERE}; docs/deploy.md, 'When it fails'")


def _awaited(what: str, condition: str, cure: str, seconds: int = 300) -> Step:
    return Step(f"kubectl wait {what} --for condition={condition} --timeout {seconds}s", cure)


def undeploy(project: Project, *, with_data: bool) -> Iterator[Step]:
    """The reverse; what is gone already is no error. The broker's topic, Kafka and the Secret stay unless told."""
    files = _manifests(project)[::-1]
    yield _deleted("-f triggers/")
    yield _deleted(f"ksvc {' '.join(function.name for function in project.functions)} {HERE}")
    yield from (_deleted(f"-f broker/{shlex.quote(file)}") for file in files if file not in HOLDS_DATA)
    yield _deleted(f"configmap cabs-schemas {HERE}")
    if with_data:
        yield _deleted(f"broker default {HERE}")  # while Kafka and its ConfigMap can still be asked
        yield from (_deleted(f"-f broker/{file}") for file in files if file in HOLDS_DATA)
        yield _deleted("pvc --namespace kafka --selector strimzi.io/cluster=cabs")


def _deleted(what: str) -> Step:
    return Step(f"kubectl delete {what} --ignore-not-found", "docs/deploy.md, 'Away again'")


def _go(steps: Sequence[Step], arguments: argparse.Namespace) -> int:
    if arguments.dry_run:
        print("\n".join(step.line for step in steps))
        return 0
    missing = [tool for tool in TOOLS[arguments.what] if shutil.which(tool) is None]
    if missing:
        _say(f"{' and '.join(missing)} must be on PATH (DRY_RUN=1 prints the commands)")
        return 1
    return _run(steps, arguments.what)


def _run(steps: Sequence[Step], command: str) -> int:
    for number, step in enumerate(steps, 1):
        print(f"$ {step.line}", flush=True)
        status = _status(step.line)
        if status:
            _say(
                f"step {number} of {len(steps)} ended with {status}: {step.line}",
                f"what helps: {step.cure}",
                f"what came before it is done, and can be done again: then make {command}, as now, goes on",
            )
            return 1
    return 0


def _status(line: str) -> int:
    try:
        return subprocess.run(("sh", "-c", line), check=False).returncode
    except KeyboardInterrupt:
        return STOPPED


def _say(*sentences: str) -> None:
    for sentence in sentences:
        print(f"deploy: {sentence}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
