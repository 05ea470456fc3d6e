"""What is nested deep, and nests of which each level is held twice: nothing that shows them hangs or dies.

Python itself shows the latter for ever, in C code that nothing ends: each case is looked at in processes of their own.
"""

from __future__ import annotations

import functools
import json
import os
import pathlib
import pickle
import sys
import tempfile

import interpreters
import pytest
from samples import nests

SAMPLES = pathlib.Path(__file__).parent / "samples"
HERE = "{}.{}".format(*sys.version_info)
DEEP = [*(f"deep {name}" for name in nests.DEEP), "deep list of 100,000"]
NAMES = [*DEEP, *(f"{name} twice{told}" for name in nests.TWICE for told in ("", ", told"))]

LOOK = """
import json, os, traceback
found, deep = {}, None
for name, dump in restored.items():
    error = pickle.loads(dump)
    text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    held, deep = frames[-1].f_locals["held"], frames[-1].f_locals["nest"] if "100,000" in name else deep
    found[name] = [text.count("in crash"), isinstance(error, ValueError), len(repr(held)) < 1000]
try:
    repr(deep)
except RecursionError:
    pass
print(json.dumps(found))
sys.stdout.flush()
os._exit(0)
"""

SHOW = """
import os, sys, nests
from keeptrace.restore import brief
from keeptrace.tools.view import shown
for around in {**nests.TWICE, **nests.DEEP}.values():
    nest = nests.nested(around, 3000)
    assert max(len(brief(nest)), len(shown(nest, 300)) - 3) <= 300
print("ok")
sys.stdout.flush()
os._exit(0)
"""


@functools.cache
def recorded(version: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "nests.pkl")
        interpreters.record((SAMPLES / "nests.py").read_text("utf-8"), path, python=version)
        return path.read_bytes()


@pytest.mark.slow
def test_nests_are_recorded_by_every_version(recorder: str) -> None:
    """Whether they are variables, or what the text of the exception is made of."""
    assert list(pickle.loads(recorded(recorder))) == NAMES


@pytest.mark.slow
def test_nests_are_loaded_and_shown_by_every_version(python: str, tmp_path: pathlib.Path) -> None:
    """The text printed is the recorded one, and the representation of an object that holds a nest is cut."""
    path = tmp_path / "nests.pkl"
    path.write_bytes(recorded(HERE))
    assert json.loads(interpreters.load(python, path, LOOK)) == {name: [1, True, True] for name in NAMES}


def test_nests_are_shown_in_part(recorder: str) -> None:
    """By mocks, and by the command line."""
    environment = interpreters.keeptrace_importable()
    environment["PYTHONPATH"] += os.pathsep + str(SAMPLES)
    python = interpreters.found()[recorder]
    assert interpreters.run([python, "-c", SHOW], cwd=interpreters.CHECKOUT, **environment) == "ok\n"
