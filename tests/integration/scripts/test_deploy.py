"""`make deploy` and `make undeploy`: real processes, with doubles of `kubectl` and `func` in the place of a cluster."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from support.cluster_tools import ClusterTools
from support.mesh import REPOSITORY
from support.scripts import ROOT
from support.steps import STEPS

DEPLOY = ("deploy", "--registry", "HOST/NAME")
UNDEPLOY = ("undeploy",)
SECRET = "kubectl get secret cabs-database --namespace cabs *"


@pytest.fixture
def tools(tmp_path: Path) -> ClusterTools:
    return ClusterTools.in_(tmp_path / "tools", "kubectl", "func", "make")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What `make deploy` would run."""
    return printed(ClusterTools.in_(tmp_path_factory.mktemp("plan") / "tools"), *DEPLOY)


def printed(tools: ClusterTools, *words: str) -> list[str]:
    done = tools.run(REPOSITORY, (*words, "--dry-run"))
    assert (done.returncode, tools.calls()) == (0, []), done.stderr
    return done.stdout.splitlines()


def as_called(lines: list[str]) -> list[str]:
    """The calls that a shell makes of lines: each program of a pipe, its words without their quotes."""
    programs = [program for line in lines for program in line.split(" | ")]
    return [" ".join(shlex.split(program.removesuffix(" >/dev/null"))) for program in programs]


def test_the_guide_shows_what_would_run(plan: list[str]) -> None:
    guide = (ROOT / "docs/deploy.md").read_text()
    shown = guide.partition("$ make deploy REGISTRY=HOST/NAME DRY_RUN=1\n")[2].partition("```")[0]
    assert shown.splitlines() == plan


@pytest.mark.parametrize("words", [(*DEPLOY, "--layout", "asgi", "--builder", "host"), UNDEPLOY])
def test_what_is_printed_is_what_runs_in_that_order(tools: ClusterTools, words: tuple[str, ...]) -> None:
    lines = printed(tools, *words)
    done = tools.run(REPOSITORY, words)
    assert (done.returncode, done.stderr) == (0, "")
    assert tools.calls() == as_called(lines)
    assert [line.removeprefix("$ ") for line in done.stdout.splitlines()] == lines


def test_tables_come_before_functions_and_these_before_triggers(plan: list[str]) -> None:
    landmarks = ["broker/000", "get secret", "wait kafka/cabs", "broker/200", "wait job/migrate", "func deploy"]
    landmarks += ["wait ksvc/", "wait broker/", "wait sinkbinding/", "-f triggers/", "wait trigger/"]
    places = [next(number for number, line in enumerate(plan) if landmark in line) for landmark in landmarks]
    assert places == sorted(places)


def test_the_layout_and_the_builder_are_those_asked_for(tools: ClusterTools) -> None:
    lines = printed(tools, *DEPLOY, "--layout", "asgi", "--builder", "host")
    assert "make stage LAYOUT=asgi" in lines
    deployed = [line for line in lines if line.startswith("func deploy")]
    assert len(deployed) == len(STEPS)
    assert all(line.endswith("--namespace cabs --registry HOST/NAME --builder host") for line in deployed)


def test_a_failure_in_the_middle_says_how_to_go_on_and_going_on_works(tools: ClusterTools, plan: list[str]) -> None:
    failing = next(line for line in plan if "build/functions/invoice " in line and line.startswith("func"))
    done = tools.run(REPOSITORY, DEPLOY, failing=f"{failing.partition(' --namespace')[0]}*")
    said = done.stderr.splitlines()
    assert done.returncode == 1
    assert said[:2] == [
        "the cluster says no",
        f"deploy: step {plan.index(failing) + 1} of {len(plan)} ended with 7: {failing}",
    ]
    assert "kubectl describe ksvc/invoice --namespace cabs" in said[2]
    assert said[3] == "deploy: what came before it is done, and can be done again: then make deploy, as now, goes on"
    assert tools.calls() == as_called(plan[: plan.index(failing) + 1])
    assert tools.run(REPOSITORY, DEPLOY).returncode == 0
    assert tools.calls() == as_called(plan)


def test_a_missing_secret_is_told_before_anything_is_built(tools: ClusterTools) -> None:
    done = tools.run(REPOSITORY, DEPLOY, failing=SECRET)
    assert done.returncode == 1
    assert "what helps: kubectl create secret generic cabs-database --namespace cabs --from-literal=url=" in done.stderr
    assert not any(call.startswith("func") or "broker/100" in call for call in tools.calls())


def test_a_pipe_whose_reader_fails_is_a_failure(tools: ClusterTools) -> None:
    done = tools.run(REPOSITORY, DEPLOY, failing="kubectl apply -f -")
    assert "ended with 7: kubectl create configmap cabs-schemas" in done.stderr
    assert "kubectl apply -f broker/500-migrate.yaml" not in tools.calls()


def test_tools_that_are_missing_are_named_all_at_once(tools: ClusterTools, tmp_path: Path) -> None:
    some = ClusterTools.in_(tmp_path / "some", "make")
    done = some.run(REPOSITORY, DEPLOY, path=str(some.directory))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "deploy: kubectl and func must be on PATH (DRY_RUN=1 prints the commands)\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("deploy",), "deploy: func has no registry to push images to: make deploy REGISTRY=HOST/NAME"),
        (
            (*DEPLOY, "--builder", "host"),
            "deploy: the host builder cannot build the parliament layout: add LAYOUT=asgi",
        ),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_done(
    tools: ClusterTools, words: tuple[str, ...], said: str
) -> None:
    done = tools.run(REPOSITORY, words)
    assert (done.returncode, done.stdout, tools.calls()) == (2, "", [])
    assert done.stderr.startswith(said)


def test_undeploying_keeps_what_holds_data_unless_told(tools: ClusterTools) -> None:
    kept, all_of_it = printed(tools, *UNDEPLOY), printed(tools, *UNDEPLOY, "--data")
    assert all_of_it[: len(kept)] == kept
    held = ("broker default", "broker/000", "broker/100", "broker/200", "delete pvc")
    assert [word for word in held if any(word in line for line in kept)] == []
    assert [word for word in held if not any(word in line for line in all_of_it)] == []


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not here")
def test_kubectl_itself_makes_the_config_map_that_the_job_reads(plan: list[str], tmp_path: Path) -> None:
    for step in STEPS:
        (tmp_path / "build/functions" / step).mkdir(parents=True)
        (tmp_path / "build/functions" / step / "schema.sql").write_text(f"-- {step}\n")
    [line] = [line for line in plan if "create configmap" in line]
    made = subprocess.run(shlex.split(line.partition(" | ")[0]), cwd=tmp_path, capture_output=True, check=True)
    config_map = yaml.safe_load(made.stdout)
    job = yaml.safe_load((ROOT / "broker/500-migrate.yaml").read_text())
    assert job["spec"]["template"]["spec"]["volumes"][0]["configMap"]["name"] == config_map["metadata"]["name"]
    assert config_map["data"] == {f"{step}.sql": f"-- {step}\n" for step in STEPS}
