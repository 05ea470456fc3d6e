"""No effect on the program: recording leaves everything as it was, on every Python that records.

samples/hostile_effects.py looks, in a process of its own.
"""

from __future__ import annotations

import functools
import json
import pathlib

import interpreters
import pytest
from samples import hostile_effects

PROGRAM = pathlib.Path(__file__).parent / "samples" / "hostile_effects.py"


@functools.cache
def changed(version: str) -> dict[str, list[str]]:
    """Return what recording changes, by the name of the effect."""
    command = [interpreters.found()[version], "-W", "error", str(PROGRAM)]
    output = interpreters.run(command, cwd=interpreters.CHECKOUT, **interpreters.keeptrace_importable())
    found: dict[str, list[str]] = json.loads(output)
    return found


@pytest.mark.parametrize("effect", hostile_effects.EFFECTS)
def test_recording_has_no_effect_on_the_program(effect: str, recorder: str) -> None:
    """State, attributes, iterators, files, context, modules, output, references and threads are as they were."""
    assert changed(recorder)[effect] == []
