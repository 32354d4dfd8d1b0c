"""`make tools`, with the real go where there is one, and a module proxy that is a directory."""

import json
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from support.scripts import script

tools: Any = script("tools")

MAIN = """package main

import "example.test/old"

func main() { println(old.Said) }
"""
# Nothing at all is at example.test/old: a build that does not repeat the replacement fails.
MODULES: Mapping[str, Mapping[str, str]] = {
    "example.test/tool": {
        "go.mod": "module example.test/tool\n\ngo 1.21\n\nrequire example.test/old v1.0.0\n\n"
        "replace example.test/old => example.test/new v1.0.0\n",
        "cmd/tool/main.go": MAIN,
    },
    "example.test/new": {
        "go.mod": "module example.test/old\n\ngo 1.21\n",
        "old.go": 'package old\n\nconst Said = "built"\n',
    },
}
TOOL, MISSING = tools.Tool("tool", "example.test/tool", "v1.0.0"), tools.Tool("gone", "example.test/gone", "v2.0.0")


@pytest.fixture
def proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module proxy (go.dev/ref/mod, GOPROXY protocol), and a working directory of its own."""
    if shutil.which("go") is None:
        pytest.skip("go is not on PATH")
    for module, files in MODULES.items():
        publish(tmp_path / "proxy" / module / "@v", module, files)
    settings = {"GOPROXY": f"file://{tmp_path}/proxy", "GONOSUMDB": "*", "GOMODCACHE": str(tmp_path / "cache")}
    for name, value in {**settings, "GOFLAGS": "-modcacherw"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def publish(place: Path, module: str, files: Mapping[str, str]) -> None:
    place.mkdir(parents=True)
    (place / "list").write_text("v1.0.0\n")
    (place / "v1.0.0.info").write_text(json.dumps({"Version": "v1.0.0"}))
    (place / "v1.0.0.mod").write_text(files["go.mod"])
    with zipfile.ZipFile(place / "v1.0.0.zip", "w") as archive:
        for name, text in files.items():
            archive.writestr(f"{module}@v1.0.0/{name}", text)


def test_a_tool_that_cannot_be_had_is_told_and_the_other_is_built_once(
    proxy: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tools.main([MISSING, TOOL]) == 1
    first = capsys.readouterr()
    assert "tools: gone v2.0.0 cannot be had: go list" in first.err
    assert "example.test/gone" in first.err
    assert "building tool v1.0.0" in first.out
    built = subprocess.run([proxy / ".tools/bin/tool"], capture_output=True, text=True, timeout=30, check=True)
    assert built.stderr == "built\n"
    assert tools.main([TOOL]) == 0
    assert capsys.readouterr().out == ".tools/bin/tool is v1.0.0\n"


def test_without_go_a_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert tools.main() == 1
    assert "there is no go on PATH: install Go 1.26 or newer" in capsys.readouterr().err
