"""`make tools`: the command lines func and kn-event, built from their Go modules into .tools/bin, each by itself."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PLACE = Path(".tools", "bin")
DOWNLOAD_SECONDS = 600.0
BUILD_SECONDS = 2400.0


@dataclass(frozen=True, slots=True)
class Tool:
    """A command in a Go module, at the one version that the tests know."""

    name: str
    module: str
    version: str

    @property
    def package(self) -> str:
        return f"{self.module}/cmd/{self.name}"


TOOLS = (
    Tool("func", "knative.dev/func", "v0.50.1"),  # knative-v1.23.1
    Tool("kn-event", "knative.dev/kn-plugin-event", "v0.50.0"),  # knative-v1.23.0
)


class Unavailable(Exception):  # noqa: N818 - the sentence says what is wrong
    """A tool cannot be had."""


def main(tools: Sequence[Tool] = TOOLS) -> int:
    """Answer 0 only when all of them are there."""
    if shutil.which("go") is None:
        print("tools: there is no go on PATH: install Go 1.26 or newer, and say make tools again", file=sys.stderr)
        return 1
    return 0 if all([_had(tool) for tool in tools]) else 1  # noqa: C419 - one that fails keeps no other from being built


def _had(tool: Tool) -> bool:
    """Say what became of it."""
    target = PLACE.absolute() / tool.name
    try:
        if not is_built(target, tool):
            print(f"building {tool.name} {tool.version} (minutes, once)", flush=True)
            build(tool, target)
    except Unavailable as error:
        print(f"tools: {tool.name} {tool.version} cannot be had: {error}", file=sys.stderr)
        return False
    print(f"{PLACE / tool.name} is {tool.version}")
    return True


def is_built(target: Path, tool: Tool) -> bool:
    """Whether it is there, of that version: Go programs know what they were made from."""
    command = ("go", "version", "-m", str(target))
    said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False).stdout
    return f"mod\t{tool.module}\t{tool.version}\t" in said


def build(tool: Tool, target: Path) -> None:
    """Build it in a module that requires it alone. Raises Unavailable."""
    with tempfile.TemporaryDirectory(prefix="tools-") as temporary:
        directory = Path(temporary)
        (directory / "go.mod").write_text(wrapper(tool, replacements(tool, directory)))
        command = ("go", "build", "-mod=mod", "-trimpath", "-o", str(target), tool.package)
        _go(command, directory, BUILD_SECONDS)


def replacements(tool: Tool, directory: Path) -> list[str]:
    """The module's own replace directives, which hold only in a main module: why `go install` refuses func."""
    found = ("go", "list", "-m", "-f", "{{.GoMod}}", f"{tool.module}@{tool.version}")
    file = _go(found, directory, DOWNLOAD_SECONDS).strip()
    said = json.loads(_go(("go", "mod", "edit", "-json", file), directory, DOWNLOAD_SECONDS))
    return [f"{_named(each['Old'])} => {_named(each['New'])}" for each in said.get("Replace") or []]


def wrapper(tool: Tool, replaced: Sequence[str]) -> str:
    """The go.mod of a module whose only purpose is to be built from."""
    lines = ["module tools", "go 1.26", f"require {tool.module} {tool.version}"]
    return "\n\n".join([*lines, *(f"replace {each}" for each in replaced)]) + "\n"


def _named(module: dict[str, str]) -> str:
    return f"{module['Path']} {module.get('Version', '')}".rstrip()


def _go(command: Sequence[str], directory: Path, within_seconds: float) -> str:
    """Run go and return what it prints. Raises Unavailable with its last words."""
    environment = os.environ | {"GOWORK": "off"}
    try:
        done = subprocess.run(
            command, cwd=directory, env=environment, capture_output=True, text=True, timeout=within_seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise Unavailable(f"{' '.join(command)} did not end within {within_seconds:.0f} s") from None
    if done.returncode:
        raise Unavailable(f"{' '.join(command)} ended with {done.returncode}: {reason(done.stderr)}")
    return done.stdout


def reason(said: str) -> str:
    """What go complains of, without the progress of its downloads."""
    return " ".join(line.strip() for line in said.splitlines() if line.strip() and not line.startswith("go: down"))


if __name__ == "__main__":
    sys.exit(main())
