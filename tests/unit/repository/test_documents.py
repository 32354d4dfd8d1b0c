"""What the documents name is there: files, make targets, commands of mesh."""

import re

import pytest

from mesh.cli.main import parser
from support.tracked import ROOT, tracked

DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/deploy.md",
    "docs/security.md",
    "docs/performance.md",
]
FOLDERS = "broker|docs|functions|scripts|sources|src|templates|tests|triggers|\\.ci|\\.github"


def text(document: str) -> str:
    return (ROOT / document).read_text()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_file_that_is_named_exists(document: str) -> None:
    named = set(re.findall(rf"`((?:{FOLDERS})/[\w./-]*)`", text(document)))

    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_within_the_repository_leads_somewhere(document: str) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text(document))

    assert [link for link in links if not ((ROOT / document).parent / link).exists()] == []


@pytest.mark.parametrize("document", [*DOCUMENTS, ".pre-commit-config.yaml", ".github/workflows/check.yml", ".ci/run"])
def test_every_make_target_that_is_named_exists(document: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):.*## ", text("Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:`|\$ |run: |entry: |^)make ([a-z-]+)", text(document), re.MULTILINE))

    assert named <= targets


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_of_mesh_that_is_named_exists(document: str) -> None:
    commands = set(re.findall(r"^    ([a-z-]+)", parser().format_help(), re.MULTILINE))
    named = set(re.findall(r"(?:`|\$ )mesh ([a-z-]+)", text(document)))

    assert named <= commands


def test_the_tour_names_every_file_that_an_event_passes() -> None:
    taken_in = [f"receiver/{name}" for name in ("listener", "protocol", "ingress", "outbox", "intake")]
    sent_out = [f"broker/{name}" for name in ("broker", "dispatcher", "filters", "carrier", "delivery", "client")]
    tour = text("docs/architecture.md")

    assert [name for name in (*taken_in, *sent_out) if f"`src/mesh/{name}.py`" not in tour] == []


def test_every_target_says_what_it_is_for() -> None:
    makefile = tracked()["Makefile"]
    described = set(re.findall(r"^([a-z-]+):.*## \S", makefile, re.MULTILINE))
    phony = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)", makefile, re.MULTILINE)

    assert phony is not None
    assert described == set(phony[1].replace("\\\n", " ").split())
