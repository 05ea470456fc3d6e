"""Draws the picture in the README, docs/session.svg, and prints the session it shows: `python docs/session.py`.

The session is what examples/demo.py prints, with its temporary folder written as /srv/shop. Needs rich.
"""

from __future__ import annotations

import io
import pathlib
import re
import subprocess
import sys
import tempfile

from rich.console import CONSOLE_SVG_FORMAT as SVG_FORMAT
from rich.console import Console
from rich.text import Text

CHECKOUT = pathlib.Path(__file__).resolve().parent.parent
PICTURE = CHECKOUT / "docs" / "session.svg"
STYLES = {
    r"(?m)^ +": "dim",  # of a style of its own, indentation is drawn by coordinates, which every viewer honours
    r"(?m)^\$ [^#\n]*": "bold",
    r"(?m) # .*$": "dim",
    r"(?m)^\(Pdb\) ": "cyan",
    r"(?m)(?<=^\(Pdb\) ).*$": "bold",
    r"(?m)^-> .*$": "green",
    r"(?m)^\w+Error: .*$": "red",
    r"(?m)[~^]+$": "red",
}


def main() -> None:
    session = run_demo().expandtabs().rstrip()
    print(session)
    text = Text(session)
    for pattern, style in STYLES.items():
        text.highlight_regex(pattern, style)
    console = Console(record=True, width=max(map(len, session.splitlines())), file=io.StringIO())
    console.print(text)
    fonts_from_elsewhere = re.compile(r"@font-face \{\{.*?\}\}\s*", re.DOTALL)
    picture = console.export_svg(
        title="a crash, opened elsewhere", code_format=fonts_from_elsewhere.sub("", SVG_FORMAT), unique_id="session"
    )
    PICTURE.write_text(picture, encoding="utf-8")


def run_demo() -> str:
    """Run the demo in a temporary folder and return what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        demo = [sys.executable, str(CHECKOUT / "examples" / "demo.py")]
        printed = subprocess.run(demo, cwd=folder, capture_output=True, text=True, check=True).stdout
    return re.sub(r"/\S*/shop-[^/]*/", "/srv/shop/", printed)


if __name__ == "__main__":
    main()
