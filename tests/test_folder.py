"""Fingerprints, and a folder of dumps that looks after itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import interpreters
import pytest

import keeptrace
from keeptrace import system
from keeptrace.files import folder as policy
from keeptrace.files import locking
from keeptrace.files.counting import counts
from keeptrace.files.fingerprint import fingerprint

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable

TINY: dict[str, Any] = {"depth": 0, "include_source": False, "limits": keeptrace.Limits(frames=1)}

# -- fingerprints -----------------------------------------------------------------------------------------------------

SHOP = """\
import json
class NoPens(Exception): pass
def total(count):
    return sum([1 / n for n in range(count)])
def retried(times):
    for _ in range(times):
        try:
            total(1)
        except ZeroDivisionError:
            pass
    total(1)
def again(n):
    return again(n - 1) if n else total(1)
def endless(n):
    return len(str(n)) + endless(n + 1)
def parsed(text):
    return json.loads(text)
def sold(count):
    try:
        return total(count)
    except ZeroDivisionError as error:
        raise NoPens(f"{count} pens") from error
"""


def met(call: str, program: str = SHOP, filename: str = "/srv/shop.py", module: str = "shop") -> str:
    """Return the fingerprint of what a call raises."""
    names: dict[str, Any] = {"__name__": module}
    exec(compile(program, filename, "exec"), names)
    try:
        exec(compile(call, filename, "exec"), names)
    except Exception as error:
        return fingerprint(error)
    raise AssertionError


SAME = {
    "another message": ("sold(1)", "sold(2)", {}),
    "other lines": ("sold(1)", "sold(1)", {"program": "\n\n# more\n" + SHOP.replace("\n", "\n\n")}),
    "another folder": ("sold(1)", "sold(1)", {"filename": "/home/me/checkout/shop.py"}),
    "a deeper recursion": ("again(3)", "again(50)", {}),
    "a recursion that ran out elsewhere": ("endless(1)", "endless(10**200)", {}),
    "as often tried": ("retried(1)", "retried(4)", {}),
    "other text in the standard library": ("parsed('{')", "parsed('[1,')", {}),
}
DIFFERENT = {
    "another exception": ("sold(1)", "sold('x')", {}),
    "another function": ("total(1)", "again(0)", {}),
    "another way there": ("again(3)", "total(1)", {}),
    "another module": ("total(1)", "total(1)", {"module": "office"}),
    "with its cause": ("sold(1)", "total(1)", {}),
    "another name": ("total(1)", "total(1)", {"program": SHOP.replace("total", "sum_up") + "total = sum_up"}),
}


@pytest.mark.parametrize("case", SAME)
def test_crashes_of_one_bug_have_one_fingerprint(case: str) -> None:
    """What varies from crash to crash is left out."""
    one, other, changes = SAME[case]
    assert met(one) == met(other, **changes)


@pytest.mark.parametrize("case", DIFFERENT)
def test_different_bugs_have_different_fingerprints(case: str) -> None:
    """The exceptions and the functions tell bugs apart."""
    one, other, changes = DIFFERENT[case]
    assert met(one) != met(other, **changes)


def test_a_script_is_known_by_its_file() -> None:
    """__main__ says nothing: two scripts are two; in another folder it is the same one."""
    here, there, other = (
        met("total(1)", filename=name, module="__main__") for name in ("/a/x.py", "/b/x.py", "/a/y.py")
    )
    assert (here == there, here == other) == (True, False)
    assert here == met(
        "total(1)", filename="/a/x.py", module="__mp_main__"
    )  # in a process that multiprocessing started


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups are Python 3.11's")
def test_a_group_is_known_by_the_kinds_of_its_members() -> None:
    """Three tasks that fail alike are the bug of two."""

    def group(*errors: Exception) -> str:
        return fingerprint(ExceptionGroup("tasks", errors))  # type: ignore[name-defined]  # noqa: F821

    assert group(ValueError("a"), ValueError("b")) == group(*map(ValueError, "abc"))
    assert group(ValueError("a"), KeyError("b")) == group(KeyError("b"), ValueError("a"))
    assert group(ValueError("a")) != group(KeyError("a"))


RECORDED = (
    SHOP
    + """
import asyncio, concurrent.futures, sys, tempfile, threading
from keeptrace.files.fingerprint import fingerprint
async def task():
    await asyncio.sleep(0)
    sold(1)
def in_pool():
    with concurrent.futures.ThreadPoolExecutor() as pool:
        pool.submit(sold, 1).result()
found = []
for call in (lambda: sold(1), lambda: again(3), lambda: parsed("{"), lambda: asyncio.run(task()), in_pool):
    try:
        call()
    except Exception as error:
        found.append(fingerprint(error))
open(sys.argv[1], "w").write(" ".join(found))
"""
)


def test_fingerprints_are_the_same_on_every_python(tmp_path: pathlib.Path) -> None:
    """asyncio, pools, json and comprehensions run other frames from version to version: the bug stays the same."""
    found = {}
    for version in interpreters.RECORDING:
        if version not in interpreters.missing():
            interpreters.record(RECORDED, tmp_path / version, python=version)
            found[version] = (tmp_path / version).read_text()
    assert len(set(found.values())) == 1, found
    assert len(set(next(iter(found.values())).split())) == 5


# -- the policy -------------------------------------------------------------------------------------------------------


def fail(times: int = 1) -> ZeroDivisionError:
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError as error:
        return error
    raise AssertionError(times)


def other_bug(number: int) -> BaseException:
    """Return the crash of one bug of many."""
    names: dict[str, Any] = {"__name__": "bugs"}
    exec(f"def bug{number}(): raise KeyError({number})", names)
    try:
        names[f"bug{number}"]()
    except KeyError as error:
        return error
    raise AssertionError


def notes(directory: pathlib.Path) -> list[str]:
    """Return the notes of the dumps in a folder, the oldest first."""
    paths = sorted(directory.glob("*.pkl.gz"), key=lambda path: keeptrace.peek(path).time)
    return [keeptrace.peek(path).note for path in paths]


def store(directory: keeptrace.Folder, note: str, error: BaseException | None = None) -> pathlib.Path | None:
    return keeptrace.dump(error or fail(), directory=directory, note=note, **TINY)


def test_the_first_and_the_latest_of_a_bug_are_kept(tmp_path: pathlib.Path) -> None:
    """At most so many dumps of one fingerprint; all are counted."""
    directory = keeptrace.Folder(tmp_path / "crashes", each=3)
    for number in range(6):
        assert store(directory, str(number)) is not None
    assert notes(tmp_path / "crashes") == ["0", "4", "5"]
    (count,) = directory.counts().values()
    assert (count.crashes, count.exception) == (6, "ZeroDivisionError")
    assert time.time() - 60 < count.first < count.last < time.time() + 1


def test_one_dump_of_each_is_the_first(tmp_path: pathlib.Path) -> None:
    """each=1 keeps the first, and says that the next are not stored."""
    directory = keeptrace.Folder(tmp_path, each=1)
    assert [store(directory, note) is not None for note in "abc"] == [True, False, False]
    assert (notes(tmp_path), sum(count.crashes for count in directory.counts().values())) == (["a"], 3)


def test_a_new_bug_finds_room_where_there_are_dumps_to_spare(tmp_path: pathlib.Path) -> None:
    """In a full folder the oldest dump goes that is neither the first nor the latest of its bug; no first one goes."""
    directory = keeptrace.Folder(tmp_path, dumps=3)
    for note in "abc":
        store(directory, note)
    assert store(directory, "x", other_bug(1)) is not None
    assert notes(tmp_path) == ["a", "c", "x"]
    assert store(directory, "y", other_bug(2)) is not None
    assert notes(tmp_path) == ["a", "x", "y"]
    assert store(directory, "z", other_bug(3)) is None
    assert notes(tmp_path) == ["a", "x", "y"]
    assert len(directory.counts()) == 4


def test_bytes_are_bounded(tmp_path: pathlib.Path) -> None:
    """The total size stays under the limit."""
    size = len(keeptrace.dumps(fail(), note="0", **TINY))
    directory = keeptrace.Folder(tmp_path, bytes=2.5 * size, each=10)
    for number in range(5):
        store(directory, str(number))
    assert notes(tmp_path) == ["0", "4"]
    assert store(keeptrace.Folder(tmp_path / "none", bytes=size / 2), "too large") is None


def test_free_disk_is_left(tmp_path: pathlib.Path) -> None:
    """Where the disk is nearly full, crashes are counted only."""
    directory = keeptrace.Folder(tmp_path, free=2**60)
    assert store(directory, "a") is None
    assert [count.crashes for count in directory.counts().values()] == [1]


def test_so_many_a_minute(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash loop is counted, not stored, until the minute is over."""
    directory = keeptrace.Folder(tmp_path, per_minute=2, each=10)
    assert [store(directory, note) is not None for note in "abcd"] == [True, True, False, False]
    now = time.monotonic()
    monkeypatch.setattr(system.time, "monotonic", lambda: now + 61)
    assert store(directory, "e") is not None
    assert [count.crashes for count in directory.counts().values()] == [5]


def test_other_files_are_left_alone(tmp_path: pathlib.Path) -> None:
    """Only what has the name of a dump is counted and deleted."""
    (tmp_path / "mine.pkl.gz").write_text("mine")
    (tmp_path / "notes.txt").write_text("mine")
    directory = keeptrace.Folder(tmp_path, dumps=1, each=1)
    assert store(directory, "a") is not None
    directory.clean()
    assert sorted(path.name for path in tmp_path.iterdir())[1:] == [
        next(tmp_path.glob("Zero*")).name, "mine.pkl.gz", "notes.txt",
    ]  # fmt: skip


def test_clean_applies_a_policy_now(tmp_path: pathlib.Path) -> None:
    """A stricter policy deletes what is too much, first ones too where it must; and what killed processes left."""
    for number in range(4):
        store(keeptrace.Folder(tmp_path), f"{number}")
    store(keeptrace.Folder(tmp_path), "x", other_bug(1))
    stale, fresh = tmp_path / ".keeptrace-1-2.tmp", tmp_path / ".keeptrace-1-3.tmp"
    for path in (stale, fresh):
        path.touch()
    os.utime(stale, (1, 1))
    gone = keeptrace.Folder(tmp_path, each=2).clean()
    assert (notes(tmp_path), len(gone)) == (["0", "3", "x"], 3)
    assert (stale.exists(), fresh.exists()) == (False, True)
    assert len(keeptrace.Folder(tmp_path, dumps=1).clean()) == 2
    assert notes(tmp_path) == ["x"]
    assert sum(count.crashes for count in counts(tmp_path).values()) == 5


@pytest.mark.parametrize(
    ("option", "error", "message"),
    [
        ({"each": "5"}, TypeError, "Folder(each='5'): a number is expected"),
        ({"bytes": True}, TypeError, "Folder(bytes=True): a number is expected"),
        ({"free": -1}, ValueError, "Folder(free=-1): 0 or more is expected"),
        ({"dumps": float("nan")}, ValueError, "Folder(dumps=nan): 0 or more is expected"),
    ],
)
def test_wrong_numbers_say_so(option: dict[str, Any], error: type[Exception], message: str) -> None:
    """The message says which, and what is expected."""
    with pytest.raises(error) as caught:
        keeptrace.Folder("x", **option)
    assert str(caught.value) == message


def test_a_folder_that_cannot_be_made_is_named(tmp_path: pathlib.Path) -> None:
    """The error is the system's, and names the path."""
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="cannot write a dump") as caught:
        store(keeptrace.Folder(tmp_path / "file" / "crashes"), "a")
    assert str(tmp_path / "file") in str(caught.value)


def test_counts_of_a_folder_that_is_not_there(tmp_path: pathlib.Path) -> None:
    """No folder is an error, one without counts has none; a damaged count is none."""
    with pytest.raises(FileNotFoundError):
        counts(tmp_path / "none")
    assert counts(tmp_path) == {}
    directory = keeptrace.Folder(tmp_path)
    store(directory, "a")
    (name,) = directory.counts()
    (tmp_path / ".counts" / name).write_text("damaged")
    assert directory.counts() == {}
    store(directory, "b")
    assert directory.counts()[name].crashes == 1


def test_a_lock_that_is_never_free(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal handler's dump does not wait for ever for the dump that it interrupted."""
    monkeypatch.setattr(locking, "PATIENCE", 0.05)
    directory = keeptrace.Folder(tmp_path)
    policy.prepare(directory)
    with locking.locked(policy.lock_of(directory)), pytest.raises(TimeoutError, match="cannot lock the file"):
        store(directory, "a")


def test_threads_share_a_folder(tmp_path: pathlib.Path) -> None:
    """Counts and limits hold between threads as between processes."""
    directory = keeptrace.Folder(tmp_path, each=4, per_minute=10)

    def crash_often() -> None:
        for _ in range(50):
            store(directory, "x")

    threads = [threading.Thread(target=crash_often) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [count.crashes for count in directory.counts().values()] == [400]
    assert len(notes(tmp_path)) == 4


# -- many processes ---------------------------------------------------------------------------------------------------

CRASHING = """\
import sys, keeptrace
folder = keeptrace.Folder(sys.argv[1], each=3, dumps=20, bytes=1_000_000, per_minute=15)
options = {"depth": 0, "include_source": False, "limits": keeptrace.Limits(frames=1)}
exec("\\n".join(f"def bug{n}(): 1 / 0" for n in range(10)))
bugs = [globals()[f"bug{n}"] for n in range(10)]
for number in range(int(sys.argv[2])):
    print(number, flush=True)
    try:
        bugs[number % 10]()
    except ZeroDivisionError as error:
        keeptrace.dump(error, directory=folder, **options)
print("done", flush=True)
"""


@pytest.fixture
def crashing(tmp_path: pathlib.Path) -> Callable[[int], subprocess.Popen[bytes]]:
    script = tmp_path / "crashing.py"
    script.write_text(CRASHING)

    def start(times: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, str(script), str(tmp_path / "crashes"), str(times)]
        environment = {**os.environ, **interpreters.keeptrace_importable()}
        return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)

    return start


@pytest.mark.slow
def test_sixteen_processes_and_ten_thousand_crashes(
    tmp_path: pathlib.Path, crashing: Callable[[int], subprocess.Popen[bytes]]
) -> None:
    """With kills in between: no count is lost but those in flight, no file is corrupt, the limits hold throughout."""
    doomed, most = [crashing(1_000_000) for _ in range(4)], 0  # none of them is done before it is killed
    processes = [*doomed, *(crashing(800) for _ in range(12))]
    for number, process in enumerate(doomed):
        assert process.stdout is not None
        while process.stdout.readline() != b"%d\n" % (30 + 100 * number):
            most = max(most, len(list((tmp_path / "crashes").glob("*.pkl.gz"))) if number == 0 else 0)
        process.send_signal(signal.SIGKILL)
    printed = [process.communicate()[0] for process in processes]
    assert all(process.returncode == (-9 if process in doomed else 0) for process in processes)
    expected = 12 * 800
    for number, rest in enumerate(printed[:4]):
        lines = rest.split()
        expected += int(lines[-1]) + 1 if lines else 31 + 100 * number
    counted = sum(count.crashes for count in counts(tmp_path / "crashes").values())
    assert expected - 4 <= counted <= expected
    dumps = list((tmp_path / "crashes").glob("*.pkl.gz"))
    assert most <= 20
    assert len(dumps) == 20
    assert sum(path.stat().st_size for path in dumps) <= 1_000_000
    assert {str(keeptrace.load(path)) for path in dumps} == {"division by zero"}
    by_bug = [keeptrace.peek(path).fingerprint for path in dumps]
    assert max(map(by_bug.count, by_bug)) <= 3
    assert sorted(os.listdir(tmp_path / "crashes")) == sorted([".counts", *(path.name for path in dumps)])
