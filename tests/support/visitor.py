"""A client beside a server in a network namespace: `python visitor.py URL`, requests on stdin, answers on stdout.

It waits for the server's readiness. Run by the function's Python, it has the standard library alone.
"""

import json
import sys
import time
import urllib.error
import urllib.request
from typing import Any

READY_SECONDS = 60.0

READINESS = {"method": "GET", "path": "/health/readiness"}


def main(url: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while answer(url, READINESS)["status"] != 200:
        if time.monotonic() > deadline:
            sys.exit("the server was not ready in time")
        time.sleep(0.05)
    json.dump([answer(url, request) for request in json.load(sys.stdin)], sys.stdout)


def answer(url: str, request: dict[str, Any]) -> dict[str, Any]:
    body = request.get("body", "").encode() or None
    asked = urllib.request.Request(url + request["path"], body, request.get("headers", {}), method=request["method"])
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(asked, timeout=30) as came:
            return told(came.status, came)
    except urllib.error.HTTPError as refused:
        return told(refused.code, refused)
    except OSError:
        return {"status": 0}


def told(status: int, came: Any) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in came.headers.items()}
    return {"status": status, "headers": headers, "body": came.read().decode()}


if __name__ == "__main__":
    main(*sys.argv[1:])
