"""keeptrace.dump() typed at a prompt: what crashed there is over, and is what is meant."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

import commands
import interpreters
import pytest

import keeptrace

if TYPE_CHECKING:
    import pathlib

TYPED = """\
import keeptrace
from keeptrace.files.fingerprint import fingerprint
keeptrace.peek(keeptrace.dump(path="before.pkl.gz")).exception
def divide(number): return 1 / number

divide(0)
keeptrace.peek(keeptrace.dump(path="typed.pkl.gz")).exception
def called(): return keeptrace.dump(path="called.pkl.gz")

keeptrace.peek(called()).exception
try: {}["pens"]
except KeyError: print(keeptrace.peek(keeptrace.dump(path="handled.pkl.gz")).exception)

fingerprint() == keeptrace.peek("typed.pkl.gz").fingerprint and len(keeptrace.dumps()) > 0
"""
SAID = "keeptrace: no exception is being handled; {}() takes the latest that was shown, ZeroDivisionError\n"
SCRIPT = """\
import sys, keeptrace
sys.last_exc = sys.last_value = ValueError("shown by a library")
path = keeptrace.dump(path="stack.pkl.gz")
assert type(keeptrace.load(path)).__name__ == "traceback"
"""
CRASHES = "import keeptrace\nassert keeptrace.dumps()\nnumbers = {}\nnumbers['pens']\n"


def test_the_exception_that_a_prompt_showed_is_dumped(recorder: str, tmp_path: pathlib.Path) -> None:
    """Of what is typed only, where nothing is handled; a line says so. A function's stack stays what it dumps."""
    done = commands.run([interpreters.found()[recorder], "-i", "-q"], tmp_path, stdin=TYPED)
    assert re.findall(r"'.*'|KeyError|True", done.stdout) == ["''", "'ZeroDivisionError'", "''", "KeyError", "True"]
    assert [done.stderr.count(SAID.format(name)) for name in ("dump", "dumps", "fingerprint")] == [1, 1, 1]
    crash = keeptrace.load(tmp_path / "typed.pkl.gz")
    innermost = crash.__traceback__.tb_next
    assert (type(crash), innermost.tb_frame.f_locals) == (ZeroDivisionError, {"number": 0})


def test_a_prompt_on_a_terminal(tmp_path: pathlib.Path) -> None:
    """The one of Python 3.13 and later is a program of its own, which runs in code.py."""
    pexpect = pytest.importorskip("pexpect")
    child: Any = pexpect.spawn(
        sys.executable, ["-q"], cwd=str(tmp_path), encoding="utf-8", env=commands.environment(), timeout=60
    )
    for line in ("import keeptrace", "1 / 0", "keeptrace.dump(path='typed.pkl.gz')", "exit()"):
        child.expect(">>> ")
        child.sendline(line)
    child.expect(pexpect.EOF)
    assert keeptrace.peek(tmp_path / "typed.pkl.gz").exception == "ZeroDivisionError"


def test_a_script_dumps_its_stack(tmp_path: pathlib.Path) -> None:
    """Whatever a library has left where prompts leave what they show."""
    (tmp_path / "script.py").write_text(SCRIPT)
    done = commands.python("script.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_after_a_script_the_prompt_dumps_what_it_died_of(tmp_path: pathlib.Path) -> None:
    """As `python -i app.py` asks for."""
    (tmp_path / "script.py").write_text(CRASHES)
    typed = "keeptrace.peek(keeptrace.dump(path='typed.pkl.gz')).exception\n"
    done = commands.python("-i", "script.py", cwd=tmp_path, stdin=typed)
    assert ("'KeyError'" in done.stdout, done.stderr.count("no exception is being handled")) == (True, 1)
