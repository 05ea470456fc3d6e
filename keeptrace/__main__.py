"""`python -m keeptrace`: the command line, as `keeptrace` is."""

from __future__ import annotations

import os
import sys

from keeptrace.tools.cli import main

if __name__ == "__main__":  # a process that multiprocessing spawns imports this under another name
    status = main()
    if status and "pydevd" in sys.modules:  # an editor's debugger would stop at the exception that ends the program
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)
