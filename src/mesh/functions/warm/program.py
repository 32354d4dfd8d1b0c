"""A warm parent imports libraries once and forks replicas: `python -P -u program.py SOCKET SOCKET LAYOUT TELEMETRY`.

It runs with the layout's Python: one thread, no loop, nothing of any function. The mesh has the sockets' other ends.
"""

import gc
import importlib
import sys
import threading
from pathlib import Path


def main(control: str, announced: str, layout: str, telemetry: str) -> None:
    libraries, rehearsal, orders, forked, layouts = parts(layout)
    libraries.load(libraries.required(Path(sys.prefix)))
    server = layouts.Server(instrumented=telemetry == "instrumented")
    if not (imported := rehearsal.imported(server)):
        sys.exit("the rehearsal failed")
    libraries.load(imported)
    if threading.active_count() > 1:
        sys.exit("a library has started a thread while it was imported, so nothing can be forked safely")
    libraries.remember_entry_points()
    gc.collect()
    gc.freeze()
    work = orders.taken(int(control), int(announced), server)  # returns in a child alone
    forked.settle(work.order.directory, work.order.environment, work.log, work.said)
    server.serve(work.order.directory, work.listening)  # then Python ends as ever, with its exit handlers


def parts(layout: str) -> list:  # type: ignore[type-arg]
    """The modules of this program, without leaving what lies beside them importable."""
    place = str(Path(__file__).parents[3])
    sys.path.insert(0, place)
    names = ("libraries", "rehearsal", "orders", "forked", layout)
    modules = [importlib.import_module(f"mesh.functions.warm.{name}") for name in names]
    sys.path.remove(place)
    for name in [name for name in sys.modules if name.partition(".")[0] == "mesh"]:
        del sys.modules[name]  # a function may have a package of that name
    return modules


if __name__ == "__main__":
    main(*sys.argv[1:])
