"""`make chaos`: the mesh under load, while it, its receiver, its functions and its database are killed."""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from chaos.history import KAFKA, MT
from chaos.report import report
from chaos.run import Plan, run

CLASSES = {one.name: one for one in (KAFKA, MT)}
LOG = Path(tempfile.gettempdir(), "chaos.log")


def main() -> int:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="default: another each time")
    parser.add_argument("--kills", type=int, default=200, help="how many kill -9 of each (default: %(default)s)")
    parser.add_argument("--class", dest="names", choices=CLASSES, action="append", help="of the broker (default: both)")
    chosen = parser.parse_args()
    return max([wreak(Plan(chosen.seed, chosen.kills, CLASSES[name])) for name in chosen.names or CLASSES])


def wreak(plan: Plan) -> int:
    print(f"class {plan.broker_class.name}, seed {plan.seed}, {plan.kills} kills", flush=True)
    done = run(plan)
    print(report(done), flush=True)
    if done.violations:
        LOG.write_text(done.output)
        print(f"what the mesh said is in {LOG}")
    return 1 if done.violations else 0


sys.exit(main())
