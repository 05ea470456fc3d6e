"""`keeptrace run -c` marked other columns than `python -c` where the code is indented, on Python 3.14 and later."""

import os
import subprocess
import sys
import tempfile

CODE = "  def fail(value):\n      return 1 / value\n  fail(0)\n"
with tempfile.TemporaryDirectory() as folder:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, map(os.path.abspath, sys.path)))}
    printed = [
        subprocess.run(
            [sys.executable, *command, "-c", CODE],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        ).stderr.partition("\nkeeptrace: ")[0]
        for command in ([], ["-m", "keeptrace", "run", "-d", "."])
    ]
assert printed[0].strip() == printed[1].strip(), printed
print("ok")
