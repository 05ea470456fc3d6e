"""CPython's own tests of traceback pass where what they print has been recorded and restored.

samples/cpython_traceback.py runs them, and names those that cannot pass with the reason of each.
"""

from __future__ import annotations

import os
import pathlib
import subprocess
import tempfile

import interpreters
import pytest

SAMPLE = pathlib.Path(__file__).parent / "samples" / "cpython_traceback.py"


def has_tests(python: str) -> bool:
    """Tell whether an interpreter has CPython's own tests: some packages leave them out."""
    command = [interpreters.found()[python], "-c", "import _testcapi, test.test_traceback"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize(("python", "how"), [("3.11", "pickle"), ("3.11", "keeptrace"), ("3.13", "pickle")])
def test_each_exception_may_be_swapped_for_its_restored_one(python: str, how: str) -> None:
    """Carets, chains, groups, notes, suggestions: nothing that is printed tells the difference."""
    if python in interpreters.missing() or not has_tests(python):
        pytest.skip(f"no CPython {python} with its tests on this machine")
    with tempfile.TemporaryDirectory() as folder:  # the tests write files
        done = subprocess.run(
            [interpreters.found()[python], SAMPLE, how],
            cwd=folder,
            env={**os.environ, **interpreters.keeptrace_importable()},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    tests, swapped = map(int, done.stdout.split())
    assert tests > 170
    assert swapped > 300
