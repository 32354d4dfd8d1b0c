"""A mesh with one function that counts, in a copy of its own, and what it is asked while it runs."""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

REPOSITORY = Path(__file__).parents[1]
BROKER = "/bench/default"
TYPE = "bench.tally.counted"
READY_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Tallied:
    """A running mesh: its ingress, its console and the function's own address."""

    client: aiohttp.ClientSession
    ingress: str
    console: str

    async def send(self, number: int) -> None:
        headers = {"specversion": "1.0", "id": f"e-{number}", "source": "//bench", "type": TYPE}
        attributes = {f"ce-{name}": value for name, value in headers.items()}
        async with self.client.post(self.ingress + BROKER, json={"number": number}, headers=attributes) as answer:
            if answer.status != 202:
                raise SystemExit(f"event {number} was answered {answer.status}: {await answer.text()}")

    async def status(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The function's and the trigger's."""
        status = await self._json(f"{self.console}/status")
        return status["functions"][0], status["triggers"][0]

    async def counted(self) -> dict[str, Any]:
        function, _ = await self.status()
        return await self._json(function["url"])

    async def drained(self) -> bool:
        return bool((await self._json(f"{self.console}/drained"))["drained"])

    async def _json(self, url: str) -> dict[str, Any]:
        async with self.client.get(url) as answer:
            answer.raise_for_status()
            found: dict[str, Any] = await answer.json()
            return found


def copied(root: Path) -> Path:
    """Python environments are the checkout's."""
    shutil.copytree(REPOSITORY / "bench" / "tally", root)
    for folder in ("templates", "src/step", "src/cabs"):
        shutil.copytree(REPOSITORY / folder, root / folder)
    environments = REPOSITORY / "build" / "environments"
    environments.mkdir(parents=True, exist_ok=True)
    (root / "build").mkdir()
    (root / "build" / "environments").symlink_to(environments)
    return root


@asynccontextmanager
async def running(root: Path) -> AsyncIterator[Tallied]:
    words = ("up", str(root), "--listen", "127.0.0.1:0", "--console", "127.0.0.1:0")
    with (root / "mesh.log").open("wb") as log:
        mesh = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "mesh", *words, stdout=asyncio.subprocess.PIPE, stderr=log
        )
    try:
        ingress = await ready(mesh)
        console = json.loads((root / ".mesh" / "mesh.json").read_text())["console"]
        async with aiohttp.ClientSession() as client:
            yield Tallied(client, ingress, console)
    except BaseException:
        print((root / "mesh.log").read_text(errors="replace"), file=sys.stderr)
        raise
    finally:
        if mesh.returncode is None:
            mesh.terminate()
            await mesh.wait()


async def ready(mesh: asyncio.subprocess.Process) -> str:
    assert mesh.stdout is not None
    async with asyncio.timeout(READY_SECONDS):
        line = (await mesh.stdout.readline()).decode()
    if not line.startswith("ready "):
        raise SystemExit("mesh up did not come up")
    return line.split()[1]
