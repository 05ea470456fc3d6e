"""Crashes inside real libraries, recorded where they are installed and opened where nothing is."""

from __future__ import annotations

import pathlib
import re
import sys
from typing import NamedTuple

import interpreters
import pytest

SAMPLES = pathlib.Path(__file__).parent / "samples"
FRAME = re.compile(r'File "(.+)", line (\d+), in (.+)')

# By sample: the module it needs, the restored traceback that pdb opens, and what each pdb command must print.
SESSIONS = {
    "real_flask.py": (
        "flask",
        "error.__traceback__",
        [
            ("p prices", "[]"),
            ("u", "basket_view()"),
            ("p number, agent, basket['customer']", "(7, 'tests', 'Ada')"),
            ("ll", '@app.route("/baskets/<int:number>")'),
            ("p BASKETS, flask.__name__", "({7: {'customer': 'Ada', 'prices': []}}, 'flask')"),
            ("u", "dispatch_request()"),
            ("p rule.endpoint, view_args", "('basket_view', {'number': 7})"),
            ("w", "full_dispatch_request()"),
        ],
    ),
    "real_pandas.py": (
        "pandas",
        "error.__traceback__",
        [
            ("p key", "'price'"),
            ("u 2", "total()"),
            ("p column", "'price'"),
            ("p sales", "north"),
            ("p by_shop", "north"),
            ("whatis sales", "DataFrame"),
        ],
    ),
    "real_sqlalchemy.py": (
        "sqlalchemy",
        "error.__traceback__",
        [
            ("p statement, parameters", "('INSERT INTO user (email) VALUES (?)', ('ada@example.org',))"),
            ("u 99", "<module>()"),
            ("d", "register()"),
            ("p email, user.email", "('ada@example.org', 'ada@example.org')"),
            ("whatis user", "__main__.User"),
        ],
    ),
    "real_taskgroup.py": (
        "asyncio.taskgroups",
        "error.exceptions[0].__traceback__",
        [("p host, delay", "('north', 0)"), ("ll", "async def fetch(host, delay):")],
    ),
}

TEXT = """\
import traceback
error = restored["error"]
print("".join(traceback.format_exception(type(error), error, error.__traceback__)), end="")
"""
RECORDED_TEXT = 'print(restored["text"], end="")'
DEBUG = """\
import pdb
error = restored["error"]
debugger = pdb.Pdb(readrc=False)
debugger.reset()
debugger.interaction(None, {subject})
"""


class Crash(NamedTuple):
    """A sample that was run: its file name, the pickle that it wrote, the traceback that its own Python printed."""

    sample: str
    path: str
    text: str


@pytest.fixture(scope="module", params=SESSIONS)
def crash(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Crash:
    sample = request.param
    pytest.importorskip(SESSIONS[sample][0])
    path = str(tmp_path_factory.mktemp("crash") / "crash.pkl")
    interpreters.record((SAMPLES / sample).read_text(encoding="utf-8"), path)
    return Crash(sample, path, interpreters.load(sys.executable, path, RECORDED_TEXT))


def test_the_same_python_prints_the_same_text(crash: Crash) -> None:
    assert interpreters.load(sys.executable, crash.path, TEXT) == crash.text


def test_every_python_prints_the_same_frames(crash: Crash, python: str) -> None:
    if crash.sample == "real_taskgroup.py" and python in {"3.8", "3.9", "3.10"}:
        pytest.skip("this Python prints no exception groups")
    assert FRAME.findall(interpreters.load(python, crash.path, TEXT)) == FRAME.findall(crash.text)


def test_every_python_debugs_it(crash: Crash, python: str) -> None:
    _, subject, session = SESSIONS[crash.sample]
    commands = "\n".join([*(command for command, _ in session), "q", ""])
    printed = interpreters.load(python, crash.path, DEBUG.format(subject=subject), stdin=commands)
    for (command, wanted), answer in zip(session, printed.split("(Pdb) ")[1:-1], strict=True):
        assert wanted in answer, command
        assert "*** " not in answer, command
