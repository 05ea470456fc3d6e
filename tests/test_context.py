"""What a dump was about (its header's context), and who is told that it was written (on_dump)."""

from __future__ import annotations

import json
import logging
import pathlib
import sys
import threading
from typing import TYPE_CHECKING, Any

import commands
import interpreters
import pytest

import keeptrace
from keeptrace.files.header import CONTEXT
from keeptrace.integrations.logging import DumpHandler

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.live_stack


def crash() -> BaseException:
    with pytest.raises(KeyError) as caught:
        raise KeyError("pens")
    return caught.value


def test_facts_are_kept_as_they_are(tmp_path: pathlib.Path) -> None:
    """Text, numbers, True, False and None; of anything else its type, and nothing of it runs."""

    class Order:
        def __repr__(self) -> str:
            raise AssertionError

    context = {"kind": "job", "number": 5, "share": 0.5, "again": True, "parent": None, "order": Order(), "list": [1]}
    path = keeptrace.dump(crash(), tmp_path / "crash.pkl.gz", context=context)
    assert keeptrace.peek(path).context == {**context, "order": "<Order>", "list": "<list>"}
    assert keeptrace.peek(keeptrace.dump(crash(), tmp_path / "other.pkl.gz")).context == {}


def test_secrets_are_hidden(tmp_path: pathlib.Path) -> None:
    """By their names, and in their texts."""
    context = {"password": "hunter2", "url": "http://user:hunter2@host/"}
    path = keeptrace.dump(crash(), tmp_path / "crash.pkl.gz", context=context)
    assert "hunter2" not in json.dumps(keeptrace.peek(path).context)


def test_it_stays_small(tmp_path: pathlib.Path) -> None:
    """Long texts are cut, and what does not fit says so."""
    context = {f"name {number}": "x" * 10_000 for number in range(1000)}
    found = keeptrace.peek(keeptrace.dump(crash(), tmp_path / "crash.pkl.gz", context=context)).context
    assert len(json.dumps(found)) <= CONTEXT
    assert found["name 0"] == "x" * 3_997 + "..."
    assert found["name 3"] == "<left out: the context is too large>"


def test_what_a_file_says_is_cleaned(tmp_path: pathlib.Path) -> None:
    """No control characters reach a terminal."""
    path = keeptrace.dump(crash(), tmp_path / "crash.pkl.gz", context={"\x1b[31m": "\x07"})
    assert keeptrace.peek(path).context == {"\\x1b[31m": "\\x07"}


@pytest.mark.parametrize("context", [5, ["kind"], {5: "kind"}])
def test_what_is_no_context_is_refused(context: Any) -> None:
    calls: list[Callable[..., Any]] = [keeptrace.dumps, lambda context: keeptrace.capture(context=context)]
    for call in calls:
        with pytest.raises(TypeError, match="a dict of facts by their names, or None, is expected"):
            call(context=context)


def test_dumps_are_listed_by_their_context(tmp_path: pathlib.Path) -> None:
    """In any case of the letters; a dump that has no such fact is not listed."""
    for number in range(3):
        keeptrace.dump(crash(), directory=tmp_path, context={"test": f"Checkout[{number}]", "number": number})
    keeptrace.dump(crash(), directory=tmp_path)

    def listed(*where: str) -> tuple[int, str]:
        given = [argument for each in where for argument in ("--where", each)]
        rows = json.loads(commands.keeptrace("list", "--json", *given, cwd=tmp_path).stdout)
        return (rows[0]["dumps"], rows[0]["exception"]) if rows else (0, "")

    assert [listed(), listed("test=checkout"), listed("test=[1]"), listed("test=check", "number=2")] == [
        (4, "KeyError"), (3, "KeyError"), (1, "KeyError"), (1, "KeyError"),
    ]  # fmt: skip
    assert [listed("test=other"), listed("test=[1]", "number=2")] == [(0, ""), (0, "")]


def test_a_condition_without_name_is_refused(tmp_path: pathlib.Path) -> None:
    done = commands.keeptrace("list", "--where", "checkout", cwd=tmp_path)
    assert done.stderr == (
        "keeptrace: cannot list what has 'checkout': --where KEY=TEXT is expected, as in --where test=checkout\n"
    )
    done = commands.keeptrace("list", "--where", "a=b", cwd=tmp_path)
    assert done.stdout == "no dumps with a=b in .\n"


@pytest.mark.parametrize("command", ["info", "show", "export"])
def test_the_context_is_shown(command: str, tmp_path: pathlib.Path) -> None:
    keeptrace.dump(crash(), directory=tmp_path, context={"kind": "job", "id": 5})
    output = ("-o", "-") if command == "export" else ()
    assert "kind=job, id=5" in commands.keeptrace(command, *output, cwd=tmp_path).stdout


# ---------------------------------------------------------------------------------------------------------------------
# Who is told
# ---------------------------------------------------------------------------------------------------------------------


def test_a_folder_tells_of_what_it_stores(tmp_path: pathlib.Path) -> None:
    """Not of what it only counts."""
    told: list[Any] = []
    folder = keeptrace.Folder(tmp_path, each=1, on_dump=lambda *facts: told.append(facts))
    paths = [keeptrace.dump(crash(), directory=folder, context={"number": number}) for number in range(2)]
    assert [(path, header.context) for path, header in told] == [(str(paths[0]), {"number": 0})]
    assert paths[1] is None


def test_a_capture_tells(tmp_path: pathlib.Path) -> None:
    """In the thread that wrote the dump, and once of each crash."""
    told: list[Any] = []

    def on_dump(path: str, header: keeptrace.Header) -> None:
        told.append((path, header.exception, header.context, threading.current_thread().name))

    def run() -> None:
        with pytest.raises(KeyError), keeptrace.capture(directory=tmp_path), captured:
            raise crash()

    captured = keeptrace.capture(directory=tmp_path, context={"job": "nightly"}, on_dump=on_dump)
    thread = threading.Thread(target=run, name="worker")
    thread.start()
    thread.join()
    assert told == [(str(captured.path), "KeyError", {"job": "nightly"}, "worker")]


def test_what_it_raises_is_reported(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The crash goes on, and the dump is there."""

    def on_dump(path: str, header: keeptrace.Header) -> None:
        raise OSError("no\nnetwork")

    with pytest.raises(KeyError), keeptrace.capture(directory=tmp_path, on_dump=on_dump) as captured:
        raise crash()
    line = f"keeptrace: on_dump failed for {str(captured.path)!r}: OSError: no network\n"
    assert capsys.readouterr().err == line
    assert keeptrace.peek(str(captured.path)).exception == "KeyError"


def test_hook_tells_of_all_that_nobody_catches(tmp_path: pathlib.Path) -> None:
    """Of what capture() dumps too, unless that has a function of its own."""
    program = tmp_path / "app.py"
    program.write_text("""\
import sys, threading, keeptrace
keeptrace.hook(sys.argv[1], on_dump=lambda path, header: print("told", header.exception, header.thread))
def fail(cls):
    raise cls("x")
thread = threading.Thread(target=fail, args=(KeyError,), name="worker")
thread.start()
thread.join()
try:
    with keeptrace.capture():
        fail(OSError)
except OSError:
    pass
try:
    with keeptrace.capture(on_dump=lambda path, header: print("own", header.exception)):
        fail(EOFError)
except EOFError:
    pass
fail(ValueError)
""")
    command = [sys.executable, str(program), str(tmp_path / "crashes")]
    done = commands.run(command, tmp_path, **interpreters.keeptrace_importable())
    assert done.stdout.splitlines() == [
        "told KeyError worker", "told OSError MainThread", "own EOFError", "told ValueError MainThread",
    ]  # fmt: skip


def test_the_logging_handler_tells(tmp_path: pathlib.Path) -> None:
    """And says which logger it was."""
    told: list[Any] = []
    handler = DumpHandler(tmp_path, on_dump=lambda path, header: told.append(header))
    logger = logging.getLogger("shop.orders")
    logger.addHandler(handler)
    try:
        raise crash()
    except KeyError:
        logger.exception("no pens")
    logger.removeHandler(handler)
    assert [(header.note, header.context) for header in told] == [
        ("no pens", {"kind": "log", "logger": "shop.orders", "level": "ERROR"})
    ]


@pytest.mark.parametrize("call", [keeptrace.hook, keeptrace.capture, DumpHandler, keeptrace.Folder])
def test_what_is_no_function_is_refused(call: Callable[..., Any]) -> None:
    arguments = ("crashes",) if call is keeptrace.Folder else ()
    with pytest.raises(TypeError, match=r"\(on_dump=5\): a function of a path and a header, or None, is expected"):
        call(*arguments, on_dump=5)


# ---------------------------------------------------------------------------------------------------------------------
# Where it goes
# ---------------------------------------------------------------------------------------------------------------------


def test_dumps_go_where_crashes_go(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the folder of hook(), else of the environment, which are made; else to the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KEEPTRACE_DIR", raising=False)
    assert keeptrace.dump(crash()).parent == tmp_path
    monkeypatch.setenv("KEEPTRACE_DIR", "somewhere/else")
    assert keeptrace.dump(crash()).parent == tmp_path / "somewhere" / "else"
    for directory in (tmp_path / "hooked", keeptrace.Folder(tmp_path / "hooked")):
        keeptrace.hook(directory)
        try:
            assert keeptrace.dump(crash()).parent == tmp_path / "hooked"
        finally:
            keeptrace.unhook()
    assert keeptrace.dump(crash()).parent == tmp_path / "somewhere" / "else"
    assert keeptrace.dump(crash(), directory=".").parent == pathlib.Path()


def test_the_stack_of_a_signals_dump_has_its_threads_name(tmp_path: pathlib.Path) -> None:
    """Beside those of the other threads; it is what --thread takes."""
    program = """\
import threading, keeptrace
threading.Thread(target=threading.Event().wait, name="worker", daemon=True).start()
dumping = threading.Thread(target=keeptrace.dump, kwargs={"path": "crash.pkl.gz", "threads": True}, name="main_0")
dumping.start()
dumping.join()
"""
    commands.python("-c", program, cwd=tmp_path)
    shown = commands.keeptrace("show", "--no-locals", cwd=tmp_path).stdout
    assert "Thread 'main_0' (most recent call last)" in shown
    assert "Thread 'worker' (most recent call last)" in shown
    done = commands.keeptrace("debug", "--thread", "main_0", "-c", "q", cwd=tmp_path)
    assert done.returncode == 0


def test_list_shows_what_the_newest_was_about(tmp_path: pathlib.Path) -> None:
    """In a column that is there where any has a context, and in the JSON."""
    keeptrace.dump(crash(), directory=tmp_path)
    assert "ABOUT" not in commands.keeptrace("list", cwd=tmp_path).stdout
    for number in range(2):
        keeptrace.dump(crash(), directory=tmp_path, context={"job": f"nightly {number}"})
    shown = commands.keeptrace("list", cwd=tmp_path).stdout
    assert ("ABOUT" in shown, "job=nightly 1" in shown, "job=nightly 0" in shown) == (True, True, False)
    (row,) = json.loads(commands.keeptrace("list", "--json", cwd=tmp_path).stdout)
    assert row["context"] == {"job": "nightly 1"}
