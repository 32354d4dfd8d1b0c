"""A server and its visitor in a network namespace of their own, where port 8080 is free whoever else is at it."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from step.messages import Answer, Request
from support.builders import Built

VISITOR = Path(__file__).with_name("visitor.py")
URL = "http://127.0.0.1:8080"  # where both servers are unless told otherwise, and parliament whatever it is told
# Root keeps its rights over the database's folder only without a mapping.
NAMESPACE = ("unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"]))
# Loopback, the server, the visitor, and the server's end; its output is ours to read after the visitor's answers.
INSIDE = """
ip link set lo up || exit 1
"$@" >&2 &
"$PYTHON" "$VISITOR" "$URL"; status=$?
kill $! && wait $!; ended=$?
[ $ended -eq 0 ] || [ $status -ne 0 ] || { echo "the server ended with $ended" >&2; status=1; }
exit $status
"""


def visited(built: Built, settings: Mapping[str, str], requests: Sequence[Request]) -> list[Answer]:
    """Serve, and answer what the requests were answered."""
    said = {"PYTHON": str(built.python), "VISITOR": str(VISITOR), "URL": URL}
    done = subprocess.run(
        (*NAMESPACE, "sh", "-c", INSIDE, "sh", *built.command),
        cwd=built.directory,
        env={"PATH": os.environ["PATH"], **settings, **said, **built.environment},
        input=json.dumps([_told(request) for request in requests]),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    return [Answer(answer["status"], answer["headers"], answer["body"].encode()) for answer in answers]


def need_namespaces() -> None:
    if shutil.which("unshare") is None or subprocess.run((*NAMESPACE, "true"), check=False).returncode:
        pytest.skip("no network namespace can be made here, and parliament's port 8080 may be taken")


def _told(request: Request) -> dict[str, object]:
    return {
        "method": request.method,
        "path": request.path,
        "headers": dict(request.headers),
        "body": request.body.decode(),
    }
