"""Frames, tracebacks and code objects come back as real ones, with all they held.

samples/frames.py has frames of every kind: frame_facts.py describes them where they are recorded and where they are
loaded. samples/stack.py has stacks to look at one by one: stack_checks.py is what is asked about them.
"""

from __future__ import annotations

import functools
import json
import pathlib
import pickle
import sys
import tempfile
from typing import Any

import interpreters
import pytest

SAMPLES = pathlib.Path(__file__).parent / "samples"
VERSION = "{}.{}".format(*sys.version_info)
WITHOUT_EXCEPTIONS = ("3.8", "3.9", "3.10", "3.11", "3.12")
DESCRIBE = """
import builtins, functools, json
builtins.compile = functools.lru_cache(None)(compile)  # the restorer is the same text each time
print(json.dumps({name: crash_facts(pickle.loads(dump)) for name, (dump, _) in restored.items()}))
"""


def text(name: str) -> str:
    return (SAMPLES / name).read_text("utf-8")


@functools.cache
def dumped(version: str, *programs: str) -> bytes:
    """Return what a program, made of samples, dumps when an interpreter runs it."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "dumped.pkl")
        interpreters.record("\n".join(map(text, programs)), path, python=version)
        return path.read_bytes()


def loaded(dump: bytes, version: str, code: str) -> Any:
    """Return what a program prints as JSON about a dump that another interpreter loads."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "dumped.pkl")
        path.write_bytes(dump)
        return json.loads(interpreters.load(version, path, code))


def differing(recorder: str, loader: str) -> list[str]:
    """Return the names of the crashes in frames.py whose frames are not what they were."""
    dump = dumped(recorder, "frame_facts.py", "frames.py")
    actual = loaded(dump, loader, text("frame_facts.py") + DESCRIBE)
    expected = {name: json.loads(json.dumps(facts)) for name, (_, facts) in pickle.loads(dump).items()}
    return [name for name in expected if actual[name] != expected[name]]


@functools.cache
def answers(loader: str, recorder: str = VERSION) -> dict[str, Any]:
    """Return what stack_checks.py finds out about the objects of stack.py."""
    found: dict[str, Any] = loaded(dumped(recorder, "stack.py"), loader, text("stack_checks.py"))
    return found


def test_frames_of_every_kind_are_what_they_were(recorder: str) -> None:
    """Files, lines, names, arguments and variables of each, and the frames outside it: functions to type aliases."""
    assert differing(recorder, recorder) == []


def test_frames_of_every_kind_are_the_same_on_every_version(python: str) -> None:
    """Nothing of a frame depends on the Python that loads it."""
    assert differing(VERSION, python) == []


def test_types_are_exactly_the_interpreters_own(python: str) -> None:
    """A traceback, a frame and a code object are no look-alikes."""
    assert answers(python)["exact_types"] == [True, True, True]


def test_a_frame_in_two_tracebacks_of_a_chain_is_one_frame(python: str) -> None:
    """Each traceback points to its own line of it."""
    assert answers(python)["one_frame_in_two_tracebacks"] == [True, -3, "pair"]


def test_exc_info_comes_back_as_one_crash(python: str) -> None:
    """Type, exception and traceback belong together, and the chain is there."""
    assert answers(python)["exception_and_traceback_of_exc_info"] == [True, True, "chained", "KeyError('y')"]


def test_a_live_stack_is_recorded_from_a_frame(python: str) -> None:
    """Its frames refer to each other by f_back."""
    assert answers(python)["stack_of_a_live_frame"] == [["live", "calls_live", "main", "<module>"], True, "a", ["b"]]


def test_the_first_frame_has_no_frame_outside(python: str) -> None:
    """No frame of the loading process stands behind the program's first."""
    assert answers(python)["first_frame"] == ["<module>", None, "__main__"]


def test_a_frame_may_have_moved_on_since_the_crash(python: str) -> None:
    """tb_lineno is where it called, f_lineno where it stood when it was recorded."""
    assert answers(python)["frame_that_has_moved_on"] == [True, 2, 7, 1]


def test_a_frame_of_another_thread_is_recorded(python: str) -> None:
    """It has that thread's stack and variables."""
    assert answers(python)["frame_of_another_thread"] == [True, True, "_bootstrap"]


def test_frames_of_suspended_generators_are_recorded(python: str) -> None:
    """One that has started and one that has not."""
    variables = {"first": 1, "second": 2}
    assert answers(python)["frames_of_generators"] == ["generate", 2, variables, None, "generate", {"first": 2}]


@pytest.mark.parametrize("name", ["recursion_error", "ten_thousand_frames"])
def test_no_frame_of_a_deep_recursion_is_lost(recorder: str, name: str) -> None:
    """A RecursionError, and ten thousand frames under a raised limit."""
    expected = {"recursion_error": ["RecursionError", True, True], "ten_thousand_frames": [10_002, True, True, 10_004]}
    assert answers(recorder, recorder)[name] == expected[name]


def test_a_deep_recursion_is_loaded_by_every_version(python: str) -> None:
    """Whatever stack each has for its threads."""
    assert answers(python)["ten_thousand_frames"] == [10_002, True, True, 10_004]


def test_a_module_has_one_dict_of_globals(python: str) -> None:
    """Its frames share it, with the module's name, file, documentation and package."""
    about = [
        {"__name__": name, "__file__": f"/srv/{name}.py", "__doc__": f"about {name}", "__package__": ""}
        for name in ("one", "two")
    ]
    assert answers(python)["globals_of_modules"] == [True, True, [1], True, about]


def test_expressions_see_globals_and_builtins(python: str) -> None:
    """As debuggers evaluate them in a frame."""
    assert answers(python)["globals_of_the_program"] == ["__main__", "Stacks, frames and c", 3, 4]


def test_nothing_of_the_restorer_is_left_in_a_frame(python: str) -> None:
    """Neither a name in its namespaces nor an object it refers to."""
    found = answers(python)
    assert (found["only_recorded_names"], found["nothing_but_the_crash_is_kept"]) == ([], [])


def test_relative_file_names_stay_as_they_were_printed(python: str) -> None:
    """Their source is found in any folder, and the path where such a file was is kept with it."""
    found = answers(python)["relative_file_names"]
    assert found == [["app.py", "not_there.py"], True, 1, True, "not_there.py"]


def test_inspect_finds_inner_and_outer_frames_with_their_lines(python: str) -> None:
    """As getinnerframes and getouterframes are asked by tools."""
    inner = [["pair", ["        fail(given)\n"], 0], ["fail", ["    raise KeyError(given)\n"], 0]]
    assert answers(python)["inner_frames"] == inner
    assert answers(python)["outer_frames"][:2] == [
        ["live", "return [sys._getframe(), sys._getframe(1)]"],
        ["calls_live", 'return live("a", "b")'],
    ]


def test_inspect_finds_arguments_and_source(python: str) -> None:
    """As getargvalues and getsource are asked by tools, for a function's and a module's frame."""
    source = "def live(first, *rest):\n    local = first\n    return [sys._getframe(), sys._getframe(1)]\n"
    found = answers(python)
    assert (found["argument_values"], found["source_of_a_frame"]) == ("(first='a', *rest=('b',))", source)
    assert found["source_of_a_module_frame"] is True


def test_variables_can_be_assigned_and_cleared(python: str) -> None:
    """As in any other frame that has ended."""
    assert (answers(python)["variables_can_be_assigned"], answers(python)["cleared"]) == ("assigned", {})


def test_raising_keeps_the_traceback(python: str) -> None:
    """`raise restored` puts its own line before what was recorded."""
    assert answers(python)["traceback_kept_by_raise"] == [True, True, True]


def test_the_loading_process_stays_as_it_was(python: str) -> None:
    """Recursion limit, stack size of threads, and number of threads."""
    found = answers(python)
    assert (found["loading_process_is_as_before"], found["stack_size_of_threads_is_as_set"]) == (True, True)


def test_a_crash_is_restored_deep_inside_a_recursion(python: str) -> None:
    """How deep the stack is that loads it makes no difference."""
    assert answers(python)["restored_at_a_depth_of_its_own"] == 4


def test_nothing_survives_a_crash_that_is_dropped(python: str) -> None:
    """Its frames are collected with it."""
    assert answers(python)["nothing_survives"] == 0


def test_pdb_walks_the_stack(python: str) -> None:
    """`w` shows all of it; `u` and `d` go from the frame that crashed outward and back."""
    arrows, places, local = answers(python)["pdb_walks"]
    assert arrows == ["-> function(*args)", '-> raise ValueError("chained") from error']
    assert (places, local) == ([["app.py(49)caught()"], [], ["app.py(44)chained()"]], "'y'")


def test_pdb_lists_source(python: str) -> None:
    """`ll`, `l` and `source` show it; ">>" marks the line that raised where the frame has moved on."""
    listed = answers(python)["pdb_lists"]
    assert listed == [True, True, True, "116  \tdef documented(a, /, b: ", True]


def test_pdb_prints_variables(python: str) -> None:
    """`a`, `p`, `pp` and `whatis`, with globals and builtins."""
    values = ["given = 'x'", "('x', ['x'])", "['x']", "<class 'list'>", "Function fail", "(1, 3, '__main__')"]
    assert answers(python)["pdb_prints"] == values


def test_pdb_assigns_variables(python: str) -> None:
    """A new value, a new name, and what `display` shows of them; the caller's variable stays."""
    printed = answers(python)["pdb_assigns"]
    assert printed[:5] == ["", "'xx'", "", "6", "display given: 'xx'"]
    assert printed[-1] == "'x'"


def test_pdb_interacts(python: str) -> None:
    """`interact` starts a prompt with the frame's variables and globals."""
    assert answers(python)["pdb_interacts"] is True


def test_pdb_chooses_between_exceptions_of_a_chain(python: str) -> None:
    """With post-mortem on the exception itself, from 3.13 on."""
    expected = None if python in WITHOUT_EXCEPTIONS else [True, True, True, "'y'"]
    assert answers(python)["pdb_chooses"] == expected


def test_code_objects_keep_their_facts_and_source(python: str) -> None:
    """Names, file, first line and parameters, whatever Python made them."""
    facts, parameters = answers(python)["code_facts"]
    assert [[name, *counts] for name, _, _, *counts in facts] == [
        ["documented", 2, 1, 1],
        ["fail", 1, 0, 0],
        ["<module>", 0, 0, 0],
    ]
    assert parameters == ["a", "b", "c", "args", "kwargs"]
    assert answers(python)["code_has_source"].startswith("def fail(given):\n    inside")


def test_code_objects_run_where_the_bytecode_is_the_same(recorder: str) -> None:
    """They are the recorded code itself there."""
    found = answers(recorder, recorder)
    assert (found["code_runs"], found["code_of_functions_runs"]) == (2, "<lambda>")


def test_code_objects_of_another_version_say_that_they_are_not_recorded(python: str) -> None:
    """They know the same facts, and refuse to run."""
    if python == VERSION:
        pytest.skip("where the bytecode is the same, they run")
    found = answers(python)
    refusal = "documented() was not recorded: a dump keeps values, not behaviour"
    assert (found["code_runs"], found["code_of_functions_runs"]) == (None, refusal)
