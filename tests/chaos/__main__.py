"""`make chaos`: the mesh under load, while it, its functions and its database are killed."""

import argparse
import random
import sys
import tempfile
from pathlib import Path

from chaos.report import report
from chaos.run import run

LOG = Path(tempfile.gettempdir(), "chaos.log")


def main() -> int:
    parser = argparse.ArgumentParser(prog="chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(2**32), help="default: another each time")
    parser.add_argument("--kills", type=int, default=200, help="how many kill -9 (default: %(default)s)")
    chosen = parser.parse_args()
    print(f"seed {chosen.seed}, {chosen.kills} kills", flush=True)
    done = run(chosen.seed, chosen.kills)
    print(report(done))
    if done.violations:
        LOG.write_text(done.output)
        print(f"what the mesh said is in {LOG}")
    return 1 if done.violations else 0


sys.exit(main())
