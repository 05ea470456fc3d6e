"""`python -m keeptrace`: the command line, as `keeptrace` is."""

from __future__ import annotations

import sys

from keeptrace.tools.cli import main

if __name__ == "__main__":  # a process that multiprocessing spawns imports this under another name
    sys.exit(main())
