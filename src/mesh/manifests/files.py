"""The files of a project: which ones there are, and their documents."""

from collections.abc import Iterator
from pathlib import Path

from mesh.manifests.fields import Findings
from mesh.manifests.problem import Origin, Problem
from mesh.manifests.yaml_nodes import Node, read_documents

FOLDERS = ("broker", "triggers", "sources")
MAX_BYTES = 1_500_000  # what a cluster's store takes


def manifest_documents(root: Path, findings: Findings) -> Iterator[Node]:
    """Yield every document of the manifest folders, file by file in name order."""
    for folder in FOLDERS:
        for file in sorted((root / folder).glob("*")):
            if file.suffix in {".yaml", ".yml"}:
                yield from read_file(root, file, findings)


def function_files(root: Path, findings: Findings) -> Iterator[Path]:
    """Yield each function's func.yaml in name order; a directory that leads out of the project is a problem."""
    for file in sorted((root / "functions").glob("*/func.yaml")):
        directory = file.parent.resolve()
        if file.resolve().parent == directory and directory.is_relative_to(root.resolve()):
            yield file
        else:
            message = "the function's files are not in its own directory under functions/ (copy them there)"
            findings.problems.append(Problem(Origin(_shown(root, file), 0), message))


def read_file(root: Path, file: Path, findings: Findings) -> list[Node]:
    """Read a file's documents; a file that cannot be read is a problem."""
    shown = _shown(root, file)
    try:
        content = file.read_bytes()
        if len(content) > MAX_BYTES:
            raise ValueError(f"{len(content)} bytes are more than the {MAX_BYTES} that a cluster takes")
        documents, problems = read_documents(content.decode("utf-8-sig"), shown)
    except (OSError, ValueError) as error:
        findings.problems.append(Problem(Origin(shown, 0), f"cannot be read: {_sentence(error)}"))
        return []
    findings.problems.extend(problems)
    return documents


def _sentence(error: OSError | ValueError) -> str:
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is not UTF-8"
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def _shown(root: Path, file: Path) -> str:
    return file.relative_to(root).as_posix()
