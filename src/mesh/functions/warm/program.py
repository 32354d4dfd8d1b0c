"""A warm parent imports libraries once and forks replicas: `python -P -u program.py SOCKET SOCKET TELEMETRY`.

It runs with the layout's Python: one thread, no loop, nothing of any function. The mesh has the sockets' other ends.
"""

import gc
import importlib
import sys
import threading
from pathlib import Path


def main(control: str, announced: str, telemetry: str) -> None:
    libraries, rehearsal, orders, forked = parts()
    libraries.load(libraries.required(Path(sys.prefix)))
    if not (imported := rehearsal.imported(instrumented=telemetry == "instrumented")):
        sys.exit("the rehearsal failed")
    libraries.load(imported)
    if threading.active_count() > 1:
        sys.exit("a library has started a thread while it was imported, so nothing can be forked safely")
    libraries.remember_entry_points()
    gc.collect()
    gc.freeze()
    work = orders.taken(int(control), int(announced))
    forked.serve(work, instrumented=telemetry == "instrumented")  # only in a child: the parent never comes back


def parts() -> list:  # type: ignore[type-arg]
    """The modules of this program, without leaving what lies beside them importable."""
    place = str(Path(__file__).parents[3])
    sys.path.insert(0, place)
    names = ("libraries", "rehearsal", "orders", "forked")
    modules = [importlib.import_module(f"mesh.functions.warm.{name}") for name in names]
    sys.path.remove(place)
    for name in [name for name in sys.modules if name.partition(".")[0] == "mesh"]:
        del sys.modules[name]  # a function may have a package of that name
    return modules


if __name__ == "__main__":
    main(*sys.argv[1:])
