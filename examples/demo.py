"""A crash, recorded and opened: `python examples/demo.py`, where keeptrace is installed.

Runs orders.py, which crashes and leaves crash.pkl, in a folder of its own; deletes that folder but for crash.pkl; opens
crash.pkl in another Python process that sees neither keeptrace nor orders.py nor anything else that is installed.
crash.pkl stays in the current folder, to look around in: `python examples/open_crash.py crash.pkl`.
"""

from __future__ import annotations

import pathlib
import shutil
import subprocess
import sys
import tempfile

EXAMPLES = pathlib.Path(__file__).resolve().parent
COMMANDS = ("item", "up", "args", "source self.shipping", "up", "order.customer, goods, RATE")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="shop-") as server:
        shutil.copy(EXAMPLES / "orders.py", server)
        show("python orders.py")
        python("orders.py", cwd=server)
        shutil.copy(pathlib.Path(server, "crash.pkl"), "crash.pkl")
    show("python -I -S open_crash.py crash.pkl", "elsewhere: no orders.py, no keeptrace, nothing installed")
    python("-I", "-S", str(EXAMPLES / "open_crash.py"), "crash.pkl", *COMMANDS)


def show(command: str, remark: str = "") -> None:
    print(f"$ {command}" + (f"   # {remark}" if remark else ""), flush=True)


def python(*arguments: str, cwd: str | None = None) -> None:
    subprocess.run([sys.executable, *arguments], cwd=cwd, check=True)


if __name__ == "__main__":
    main()
