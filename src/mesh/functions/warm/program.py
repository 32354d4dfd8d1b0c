"""A warm parent imports a layout's libraries once and forks replicas: `python -P -u program.py SOCKET TELEMETRY`.

It runs with the layout's Python: one thread, no loop, and nothing of any function. The mesh has SOCKET's other end.
"""

import gc
import importlib
import sys
import threading
from pathlib import Path


def main(descriptor: str, telemetry: str) -> None:
    libraries, rehearsal, orders, forked = parts()
    libraries.load(libraries.required(Path(sys.prefix)))
    libraries.load(rehearsal.imported(instrumented=telemetry == "instrumented"))
    if threading.active_count() > 1:
        sys.exit("a library has started a thread while it was imported, so nothing can be forked safely")
    gc.collect()
    gc.freeze()
    work = orders.taken(int(descriptor))
    forked.serve(work, instrumented=telemetry == "instrumented")  # only in a child: the parent never comes back


def parts() -> list:  # type: ignore[type-arg]
    """The modules of this program, without leaving what lies beside them importable."""
    place = str(Path(__file__).parents[3])
    sys.path.insert(0, place)
    names = ("libraries", "rehearsal", "orders", "forked")
    modules = [importlib.import_module(f"mesh.functions.warm.{name}") for name in names]
    sys.path.remove(place)
    return modules


if __name__ == "__main__":
    main(*sys.argv[1:])
