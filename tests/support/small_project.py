"""A project with one small function, in a directory of its own; the layouts' environments are the checkout's."""

import shutil
from pathlib import Path

from mesh.functions.starting import Starting, best
from mesh.manifests.model import Function, Project
from mesh.manifests.problem import Origin
from mesh.manifests.revision import Scale

REPOSITORY = Path(__file__).parents[2]
TEMPLATES = Path("templates", "python")

FUNCTION = """\
import os, time
VERSION = "one"
def main(context):
    asked = context.request.args
    if "sleep" in asked:
        time.sleep(float(asked["sleep"]))
    if "die" in asked:
        os._exit(7)
    if "echo" in asked:
        return context.request.get_data(), 200, {"x-got": context.request.headers.get("x-sent", "")}
    if "environ" in asked:
        return os.environ.get(asked["environ"], "(unset)"), 200
    print("served", flush=True)
    return f"{VERSION} {os.getpid()}", 200
"""


class SmallProject:
    """`function` is `demo/hello`, staged with the real templates."""

    def __init__(self, root: Path, scale: Scale | None = None, starting: Starting = best) -> None:
        self.starting = starting
        self.root = root
        self.state = root / ".mesh"
        self.state.mkdir(parents=True)
        shutil.copytree(REPOSITORY / TEMPLATES, root / TEMPLATES)
        environments = REPOSITORY / "build" / "environments"
        environments.mkdir(parents=True, exist_ok=True)
        (root / "build").mkdir()
        (root / "build" / "environments").symlink_to(environments)
        self.directory = root / "functions" / "hello"
        self.directory.mkdir(parents=True)
        self.source = self.directory / "func.py"
        self.source.write_text(FUNCTION)
        (self.directory / "func.yaml").write_text("name: hello\n")
        origin = Origin("functions/hello/func.yaml", 1)
        self.function = Function("demo", "hello", str(self.directory), "http", (), scale or Scale(), {}, origin)

    @property
    def project(self) -> Project:
        return Project(str(self.root), functions=(self.function,))
