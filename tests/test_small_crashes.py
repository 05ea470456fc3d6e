"""What recording keeps from one crash to the next: never older than what it was made of, and keeping nothing alive."""

from __future__ import annotations

import _thread
import gc
import gzip
import io
import linecache
import os
import runpy
import sys
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import keeptrace
from keeptrace.files import header
from keeptrace.record import source
from keeptrace.record.code import CODES

if TYPE_CHECKING:
    import pathlib

pytestmark = pytest.mark.live_stack

SECRET = "correct-horse-battery-staple"


RUN = """
def run():
    try:
        fail()
    except Exception as error:
        errors.append(error.with_traceback(error.__traceback__.tb_next))
    done.release()
"""


def crash(text: str, filename: str) -> Exception:
    """Return what `fail`, defined in a text, raises: in a thread of its own, outside of which no frames are."""
    errors: list[Exception] = []
    done = _thread.allocate_lock()
    done.acquire()
    namespace: dict[str, Any] = {"__name__": "made", "errors": errors, "done": done}
    exec(compile(text, filename, "exec"), namespace)
    exec(compile(RUN, "run.py", "exec"), namespace)
    _thread.start_new_thread(namespace["run"], ())
    done.acquire()
    return errors.pop()


def loaded(error: BaseException, **options: Any) -> Any:
    return keeptrace.load(io.BytesIO(keeptrace.dumps(error, **options)))


def peeked() -> header.Header:
    return header.read_header(io.BytesIO(keeptrace.dumps(ValueError())), "x")


FAIL = "def fail():\n    return 1 / 0\n"
DESCEND = "def fail(n=0):\n    return fail(n + 1) if n < {} else 1 / 0\n"


def test_the_header_has_the_arguments_of_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["serve", "--port", "80"])
    assert peeked().argv == ("serve", "--port", "80")
    sys.argv[2] = "81"
    assert peeked().argv == ("serve", "--port", "81")


def test_an_argument_is_hidden_once_the_environment_says_that_it_is_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["serve", SECRET])
    assert peeked().argv == ("serve", SECRET)
    monkeypatch.setenv("SERVICE_PASSWORD", SECRET)
    assert SECRET not in peeked().argv[1]


def test_each_redactor_has_its_own_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["serve", "--password", SECRET])
    shown = [
        header.read_header(io.BytesIO(keeptrace.dumps(ValueError(), redact=redact)), "x").argv[2]
        for redact in (False, True, keeptrace.Redactor(allow=["password"]), True)
    ]
    assert [SECRET in text for text in shown] == [True, False, True, False]


def test_the_program_of_a_relative_name_is_in_the_folder_of_now(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["__main__"], "__file__", "serve.py", raising=False)
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "serve.py").touch()
        monkeypatch.chdir(tmp_path / name)
        assert peeked().program == os.path.join(os.getcwd(), "serve.py")


def test_a_relative_file_is_in_the_folder_of_now(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    error = crash(FAIL, "made.py")
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "made.py").write_text(f"{FAIL}# {name}\n")
        monkeypatch.chdir(tmp_path / name)
        linecache.cache.pop("made.py", None)  # what was loaded before goes by the same name
        assert loaded(error).__traceback__.tb_frame.f_code.co_filename == "made.py"
        assert linecache.cache["made.py"][2:] == ([*FAIL.splitlines(True), f"# {name}\n"], os.path.abspath("made.py"))


def test_a_file_that_has_changed_is_kept_as_it_is_now(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "made.py"
    path.write_text(FAIL)
    error = crash(FAIL, str(path))
    for ending in ("# first", "# second time", "# third and last time"):
        path.write_text(FAIL + ending)
        assert f"{FAIL}{ending}\n".encode() in gzip.decompress(keeptrace.dumps(error))


def test_a_text_typed_in_is_kept_once_without_its_secrets_for_all_its_functions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SERVICE_PASSWORD", SECRET)
    text = f"def deep():\n    word = '{SECRET}'\n    return 1 / 0\ndef fail():\n    return deep()\n"
    linecache.cache["<typed>"] = (len(text), None, text.splitlines(keepends=True), "<typed>")
    error = crash(text, "<typed>")
    for redact in (True, False, True):
        data = gzip.decompress(keeptrace.dumps(error, redact=redact))
        assert (SECRET.encode() in data, data.count(b"return deep()")) == (not redact, 1)


def test_the_loader_of_a_frozen_module_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImportError) as failed:
        runpy.run_module("no_such_module_anywhere")
    keeptrace.dumps(failed.value)
    asked: list[Any] = []
    monkeypatch.setattr(source, "loader_lines", lambda filename, namespace: asked.append(filename))
    keeptrace.dumps(failed.value)
    assert [name for name in asked if name.startswith("<frozen ")] == []


def test_code_that_is_gone_is_forgotten() -> None:
    error = crash(FAIL, "made.py")
    assert error.__traceback__ is not None
    code = error.__traceback__.tb_frame.f_code
    keeptrace.dumps(error, depth=0)  # no more than the stack
    place, is_alive = id(code), weakref.ref(code)
    assert CODES[place].of() is code
    del code, error
    gc.collect()
    assert (is_alive(), place in CODES) == (None, False)


def test_what_is_known_of_code_is_bounded(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CODES, "most", 10)
    monkeypatch.setattr(source, "MOST_JOINED", 100)
    monkeypatch.setattr(source, "JOINED", {})
    paths = [tmp_path / f"made{number}.py" for number in range(30)]
    errors = []
    for path in paths:
        path.write_text(FAIL)
        errors.append(crash(FAIL, str(path)))
    for error in errors:
        assert isinstance(loaded(error), ZeroDivisionError)
        assert len(CODES) <= 10
        assert sum(len(text) for _, text in source.JOINED.values()) <= 100


def test_frames_of_one_code_have_each_its_own_place() -> None:
    found = loaded(crash(DESCEND.format(30), "made.py"))
    lines, depths = [], []
    traceback = found.__traceback__
    while traceback is not None:
        lines.append(traceback.tb_lineno)
        depths.append(traceback.tb_frame.f_locals["n"])
        traceback = traceback.tb_next
    assert (set(lines), depths) == ({2}, list(range(31)))


@pytest.mark.parametrize("text", [f"password={SECRET}", "x" * 100, "short"])
def test_the_text_of_an_exception_is_what_its_argument_is_shown_as(text: str) -> None:
    found = loaded(ValueError(text), limits=keeptrace.Limits(text=50))
    assert (SECRET in str(found), SECRET in repr(found.args)) == (False, False)
    assert str(found).startswith(text[:5])
    assert len(str(found)) < 100
