"""What README.md shows is what happens: its Python examples run, in their order, each in a fresh process."""

from __future__ import annotations

import itertools
import re
import shlex
import shutil
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import commands
import interpreters

if TYPE_CHECKING:
    import pathlib

README = (interpreters.CHECKOUT / "README.md").read_text(encoding="utf-8")
PICTURE = interpreters.CHECKOUT / "docs" / "session.svg"
PDB_COMMANDS = "where\nargs\nquit\n"  # for the example that opens a debugger


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def run(program: str, folder: pathlib.Path) -> str:
    """Run an example as a person who saved it in a file would."""
    script = folder / "example.py"
    script.write_text(program, encoding="utf-8")
    environment = interpreters.keeptrace_importable()
    return interpreters.run([sys.executable, str(script)], cwd=folder, stdin=PDB_COMMANDS, **environment)


def test_every_python_example_runs(tmp_path: pathlib.Path) -> None:
    outputs = [run(program, tmp_path) for program in blocks("python")]
    assert len(outputs) >= 3


def test_every_command_runs(tmp_path: pathlib.Path) -> None:
    """In their order, in a folder with the program and the log that they name; the program dies, as it is to."""
    shutil.copy(interpreters.CHECKOUT / "examples" / "orders.py", tmp_path)
    (tmp_path / "app.py").write_text("import orders\n\norders.main()\n", encoding="utf-8")
    log = re.findall(r'log = """\\\n(.*?)"""', README, flags=re.DOTALL)
    (tmp_path / "app.log").write_text(log[0], encoding="utf-8")
    found = re.findall(r"^\$ keeptrace (.*?)(?: +#.*)?$", README, flags=re.MULTILINE)
    done = [commands.keeptrace(*shlex.split(each), cwd=tmp_path, stdin="args\nquit\n") for each in found]
    assert [each.returncode for each in done] == [int(each.startswith("run ")) for each in found]
    assert all(each.stdout for each in done)


def test_the_example_that_opens_a_crash_shows_the_crash_of_the_example_before(tmp_path: pathlib.Path) -> None:
    recording, opening = blocks("python")[:2]
    run(recording, tmp_path)
    output = run(opening, tmp_path)
    assert "-> return sum(numbers) / len(numbers)\n(Pdb) numbers = []\n" in output


def test_the_picture_shows_what_the_demo_prints(tmp_path: pathlib.Path) -> None:
    demo = interpreters.CHECKOUT / "examples" / "demo.py"
    printed = interpreters.run([sys.executable, str(demo)], cwd=tmp_path, **interpreters.keeptrace_importable())
    session = re.sub(r"/\S*/shop-[^/]*/", "/srv/shop/", printed)
    assert without_carets(session.splitlines()) == without_carets(picture_lines())


def picture_lines() -> list[str]:
    """Return the text in docs/session.svg, whose lines are the text elements of one height."""
    texts = ElementTree.parse(PICTURE).iter("{http://www.w3.org/2000/svg}text")
    drawn = [(float(text.get("y", 0)), text.text or "") for text in texts if "-title" not in text.get("class", "")]
    return ["".join(text for _, text in line) for _, line in itertools.groupby(drawn, lambda part: part[0])]


def without_carets(lines: list[str]) -> list[list[str]]:
    """Return the words of each line, without the lines of carets, which differ between Python versions."""
    return [line.split() for line in lines if line.strip(" ~^\n\xa0")]
