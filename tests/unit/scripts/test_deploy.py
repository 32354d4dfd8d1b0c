"""`make deploy`: which commands, in which order."""

from pathlib import Path
from typing import Any

from mesh.manifests.project import load
from support.scripts import ROOT, script

deploying: Any = script("deploy")


def words(commands: list[tuple[str, ...]]) -> list[str]:
    return [" ".join(command) for command in commands]


def test_the_broker_goes_first_and_the_triggers_last() -> None:
    commands = words(deploying.deploy(load(ROOT).functions, "registry/cabs"))

    assert commands[0] == "kubectl apply -f broker/"
    assert commands[-1] == "kubectl apply -f triggers/"


def test_every_step_is_deployed_from_where_it_is_staged() -> None:
    steps = sorted(path.parent.name for path in (ROOT / "functions").glob("*/func.yaml"))

    assert words(deploying.deploy(load(ROOT).functions, "here/cabs"))[1:-1] == [
        f"func deploy --path build/functions/{step} --registry here/cabs" for step in steps
    ]


def test_without_a_registry_func_finds_its_own() -> None:
    assert not any("--registry" in command for command in words(deploying.deploy(load(ROOT).functions, None)))


def test_undeploying_goes_the_other_way_and_takes_what_is_gone_for_done() -> None:
    commands = words(deploying.undeploy(load(ROOT).functions))

    assert commands[0] == "kubectl delete --ignore-not-found -f triggers/"
    assert "func delete invoice --namespace cabs" in commands[1:-1]
    assert commands[-1] == "kubectl delete --ignore-not-found -f broker/"


def test_an_empty_directory_has_no_step_to_deploy(tmp_path: Path) -> None:
    assert len(deploying.deploy(load(tmp_path).functions, None)) == 2
