"""What only the benches need, installed below build/bench at its first use: nothing of it is the mesh's."""

import shutil
import subprocess
import sys
from pathlib import Path

from processes import REPOSITORY

DIRECTORY = REPOSITORY / "build" / "bench"
UVICORN = ("uvicorn==0.54.0", "httptools==0.9.0", "uvloop==0.23.0")
NATS = "github.com/nats-io/nats-server/v2@v2.14.9"
RESTATE = "@restatedev/restate-server@1.7.12"
INSTALL_SECONDS = 600.0


class Missing(Exception):  # noqa: N818 - a row of the table says so
    """It cannot be had here; the text says why."""


def python_with_uvicorn() -> Path:
    environment = DIRECTORY / "environment"
    if not (environment / "bin" / "uvicorn").exists():
        run(sys.executable, "-m", "venv", str(environment))
        run(str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", *UVICORN)
    return environment / "bin" / "python"


def nats_server() -> Path:
    program = DIRECTORY / "go" / "nats-server"
    if not program.exists():
        run(tool("go"), "install", NATS, GOBIN=str(program.parent))
    return program


def restate_server() -> Path:
    """The program itself, without the Node script that starts it."""
    directory = DIRECTORY / "restate"
    if not (directory / "node_modules").exists():
        run(tool("npm"), "install", "--prefix", str(directory), "--no-audit", "--no-fund", "--silent", RESTATE)
    found = [*directory.glob("node_modules/@restatedev/restate-server-*/bin/restate-server")]
    if not found:
        raise Missing("the npm package has no program for this machine")
    return found[0]


def tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise Missing(f"{name} is not installed")
    return path


def run(*words: str, **environment: str) -> None:
    DIRECTORY.mkdir(parents=True, exist_ok=True)
    changed = ["env", *(f"{name}={value}" for name, value in environment.items())]
    done = subprocess.run([*changed, *words], capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    if done.returncode:
        raise Missing(f"{Path(words[0]).name} cannot install it: {(done.stderr or done.stdout).strip()[-200:]}")
