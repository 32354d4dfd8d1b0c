"""What is said of an object alone, as an admission webhook would: what is wrong between objects is left out."""

from pathlib import Path

from mesh.manifests.model import Project
from mesh.manifests.problem import Problem
from mesh.manifests.project import load
from mesh.manifests.references import check_references

NO_BROKER = "no Broker is declared"


def load_object(root: Path, text: str) -> Project:
    """Load a project in which there is nothing but this object."""
    (root / "sources").mkdir()
    (root / "sources/object.yaml").write_text(text)
    return load(root)


def refusals(project: Project) -> list[Problem]:
    between = list(check_references(project))
    return [
        problem for problem in project.problems if problem not in between and not problem.message.startswith(NO_BROKER)
    ]


def assert_refused_for(project: Project, sentences: list[str]) -> None:
    """Each sentence is the webhook's message and path; a remedy in parentheses may follow. None: it is accepted."""
    messages = sorted(problem.message for problem in refusals(project))
    assert len(messages) == len(sentences), messages
    for message, sentence in zip(messages, sorted(sentences), strict=True):
        assert message == sentence or message.startswith(f"{sentence} ("), messages
