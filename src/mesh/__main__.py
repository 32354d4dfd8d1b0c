"""`python -m mesh` is `mesh`."""

import sys

from mesh.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
