"""How much work a recording is, counted in calls: time is never the same twice on a busy machine.

The bounds are about a fifth above what was counted when they were last set.
"""

from __future__ import annotations

import functools
import json
import pathlib

import interpreters
import pytest

SAMPLES = pathlib.Path(__file__).parent / "samples"
MOST = {
    "a crash of 3 frames": 2300,
    "a frame of a recursion": 60,
    "an object and its class": 405,
    "an object of a class met before": 100,
    "an object among many": 0.25,
    "a dict among many": 1.5,
    "a list among many": 0.3,
    "a number among many": 0.01,
    "a text among many": 0.01,
}


@functools.cache
def counted(version: str) -> dict[str, float]:
    """Return the calls that each of these takes, in a process of its own."""
    command = [interpreters.found()[version], str(SAMPLES / "work.py")]
    found: dict[str, float] = json.loads(interpreters.run(command, cwd=SAMPLES, **interpreters.keeptrace_importable()))
    return found


@pytest.mark.parametrize("what", MOST)
def test_it_takes_few_calls(recorder: str, what: str) -> None:
    assert counted(recorder)[what] <= MOST[what]
