"""`keeptrace parse`, `shrink` and `clean`: logs, and dumps that are to be smaller or fewer."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import re
import subprocess
import sys
import traceback
from typing import TYPE_CHECKING, Any

import commands
import interpreters
import pytest

import keeptrace
from keeptrace.tools import parsing
from keeptrace.tools.cli import main
from keeptrace.utils import parse_tracebacks

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Iterator

pytestmark = pytest.mark.live_stack

LOG = """\
12:00:01 INFO started
12:00:02 ERROR Traceback (most recent call last):
12:00:02 ERROR   File "/srv/app.py", line {line}, in main
12:00:02 ERROR     work()
12:00:02 ERROR KeyError: '{key}'
12:00:03 INFO stopped
12:00:04 ERROR Traceback (most recent call last):
12:00:04 ERROR   File "/srv/other.py", line 3, in once
12:00:04 ERROR     1 / 0
12:00:04 ERROR ZeroDivisionError: division by zero
12:00:05 INFO stopped
"""


# -- parse ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def log(tmp_path: pathlib.Path) -> pathlib.Path:
    path = tmp_path / "app.log"
    path.write_text(LOG.format(line=12, key="pen") + LOG.format(line=14, key="ink").partition("12:00:04")[0])
    return path


def test_tracebacks_of_a_log_are_grouped(log: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Those of one bug once, the most frequent first, with the latest text."""
    assert main(["parse", str(log)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("3 tracebacks, 2 different\n\n2 times  ")
    assert (
        "KeyError: 'ink'\n    Traceback (most recent call last):\n      File \"/srv/app.py\", line 14, in main\n" in out
    )
    assert "KeyError: 'pen'" not in out
    assert out.endswith("\n    ZeroDivisionError: division by zero\n")


@pytest.mark.parametrize("how", ["path", "gzip", "standard input", "several"])
def test_logs_come_in_any_way(log: pathlib.Path, how: str) -> None:
    """As files, gzipped, by standard input; as JSON for scripts."""
    data = log.read_bytes()
    if how == "gzip":
        log.write_bytes(gzip.compress(data))
    arguments = {"standard input": ["-"], "several": [str(log), str(log)]}.get(how, [str(log)])
    done = commands.keeptrace("parse", *arguments, "--json", cwd=log.parent, stdin=data)
    times = 1 + (how == "several")
    found = [(bug["count"], bug["exception"]) for bug in json.loads(done.stdout)]
    assert found == [(2 * times, "KeyError: 'ink'"), (times, "ZeroDivisionError: division by zero")]


def test_logs_are_read_line_by_line() -> None:
    """However long a log is, of each bug one text is kept."""
    most = []

    class Endless(io.RawIOBase):
        def __iter__(self) -> Iterator[bytes]:
            for number in range(300):
                most.append(len(bugs))
                yield from LOG.format(line=number, key=number).encode().splitlines(keepends=True)

    bugs: dict[str, Any] = {}
    for found in parse_tracebacks(Endless()):
        parsing.add(bugs, found)
    assert (max(most), sorted(bug.count for bug in bugs.values())) == (2, [300, 300])


def test_a_log_without_tracebacks_says_so(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app.log").write_text("all is well\n")
    assert main(["parse", str(tmp_path / "app.log")]) == 0
    assert capsys.readouterr().out == "no tracebacks found\n"


def test_escapes_in_a_log_stay_escapes(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "app.log").write_text(LOG.format(line=1, key="\x1b]0;x\x07\x1b[2J"))
    assert main(["parse", str(tmp_path / "app.log")]) == 0
    assert not {"\x1b", "\x07"} & set(capsys.readouterr().out)


# -- shrink -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def dump(tmp_path: pathlib.Path) -> pathlib.Path:
    return commands.dumped(tmp_path, "table = [{number: str(number)} for number in range(500)]\n" + commands.SHOP)


@pytest.mark.parametrize("options", [["--depth", "0"], ["--no-globals"], ["--no-source", "--no-globals"]])
def test_a_dump_is_written_again_with_less_in_it(
    dump: pathlib.Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """It is smaller, says in its header what it said, and stock pickle opens it where nothing is installed."""
    assert main(["shrink", str(dump), *options]) == 0
    small = dump.with_name(dump.name.replace(".pkl.gz", "-small.pkl.gz"))
    sizes = dump.stat().st_size, small.stat().st_size
    assert capsys.readouterr().out == f"{small}: {sizes[0]:,} -> {sizes[1]:,} bytes\n"
    assert sizes[1] < sizes[0]
    changed = {"file_bytes", "objects", "pickle_bytes"}
    before, after = (
        {key: value for key, value in vars(keeptrace.peek(path)).items() if key not in changed}
        for path in (dump, small)
    )
    assert before == after
    stock = dump.parent / "stock.pkl"
    stock.write_bytes(gzip.decompress(small.read_bytes()))
    checks = "print(restored, type(restored.__cause__).__name__, 'table' in restored.__traceback__.tb_frame.f_globals)"
    assert interpreters.load(sys.executable, stock, checks) == "cannot price the order KeyError False\n"


def test_only_what_is_left_out_is_gone(dump: pathlib.Path) -> None:
    """Without globals the variables of functions are as they were; the printed traceback too."""
    assert main(["shrink", str(dump), "--no-globals", "--in-place"]) == 0
    found = keeptrace.load(dump)
    assert found.__cause__.__traceback__.tb_next.tb_frame.f_locals["order"].items == {"pencils": 3}
    assert "raise ValueError" in "".join(traceback.format_exception(found))


THREADS = """\
import keeptrace, threading, sys
go_on = threading.Event()
threading.Thread(target=go_on.wait, name="printer").start()
try:
    data = list(map(str, range(1000)))
    1 / 0
except ZeroDivisionError:
    what = sys.exc_info() if "triple" in sys.argv else None
    keeptrace.dump(what, path="crash.pkl.gz", threads="threads" in sys.argv)
go_on.set()
"""


@pytest.mark.parametrize("kind", ["threads", "triple"])
def test_threads_and_triples_stay_what_they_are(tmp_path: pathlib.Path, kind: str) -> None:
    commands.python("-c", THREADS, kind, cwd=tmp_path)
    path = tmp_path / "crash.pkl.gz"
    assert main(["shrink", str(path), "--depth", "0", "--in-place"]) == 0
    found = keeptrace.load(path)
    if kind == "threads":
        assert (str(found["crash"]), list(found["threads"])) == ("division by zero", ["printer"])
    else:
        assert (found[0], str(found[1]), found[2] is found[1].__traceback__) == (
            ZeroDivisionError, "division by zero", True,
        )  # fmt: skip


def test_what_does_not_get_smaller_is_left(dump: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written, and the message gives the sizes."""
    assert main(["shrink", str(dump), "--depth", "0", "--no-source", "--in-place"]) == 0
    data = dump.read_bytes()
    assert main(["shrink", str(dump), "--depth", "3", "--in-place"]) == 1
    assert "it would be" in capsys.readouterr().err
    assert (dump.read_bytes(), len(list(dump.parent.glob("*.pkl.gz")))) == (data, 1)


def test_a_pickle_without_header_gets_one(tmp_path: pathlib.Path) -> None:
    """It says what the crash tells, and nothing of the process that shrinks."""
    keeptrace.init()
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError as error:
        data = pickle.dumps(error)
    (tmp_path / "stock.pkl").write_bytes(data)
    assert main(["shrink", str(tmp_path / "stock.pkl"), "--depth", "0"]) == 0
    found = keeptrace.peek(tmp_path / "stock-small.pkl.gz")
    assert (found.exception, found.message, found.frames, found.pid, found.host) == (
        "ZeroDivisionError", "division by zero", 1, 0, "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["crash.pkl.gz"], "cannot shrink by nothing; say what to leave out: --depth N, --no-source, --no-globals"),
        (["-", "--no-source"], "cannot tell where to write what came by standard input; name it: -o OUT, or -o - for"),
        (["crash.pkl.gz", "--depth", "0", "-o", "there"], "cannot write 'there': it is there already; --force"),
    ],
)
def test_what_cannot_be_shrunk_is_said(dump: pathlib.Path, arguments: list[str], message: str) -> None:
    dump.rename(dump.with_name("crash.pkl.gz"))
    (dump.parent / "there").touch()
    data = (dump.parent / "crash.pkl.gz").read_bytes()
    done = commands.keeptrace("shrink", *arguments, cwd=dump.parent, stdin=data)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"keeptrace: {message}")


def test_a_dump_is_shrunk_on_its_way(dump: pathlib.Path) -> None:
    """From standard input to standard output."""
    command = [sys.executable, "-m", "keeptrace", "shrink", "-", "--depth", "0", "-o", "-"]
    done = subprocess.run(
        command, input=dump.read_bytes(), capture_output=True, env=commands.environment(), check=True, timeout=60
    )
    assert str(keeptrace.load(done.stdout)) == "cannot price the order"


@pytest.mark.skipif(os.name == "nt", reason="devices")
def test_a_device_is_written_to_and_stays(dump: pathlib.Path) -> None:
    """A named pipe, /dev/null or /dev/stdout is no file to be replaced, or spared."""
    pipe = dump.parent / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        assert main(["export", str(dump), "-o", str(pipe), "--force", "--format", "json"]) == 0
        assert reader.stdout is not None
        assert json.load(reader.stdout)["exceptions"][-1]["text"] == "ValueError: cannot price the order"
    assert pipe.is_fifo()


# -- clean ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def crashes(tmp_path: pathlib.Path) -> pathlib.Path:
    """Return a folder with four dumps of one bug, and one of another."""
    for kind in (ZeroDivisionError, ZeroDivisionError, ZeroDivisionError, ZeroDivisionError, KeyError):
        try:
            raise kind("x")  # noqa: TRY301
        except kind as error:
            keeptrace.dump(error, directory=keeptrace.Folder(tmp_path), depth=0, include_source=False)
    return tmp_path


def left(folder: pathlib.Path) -> list[str]:
    return sorted(path.name.partition("-")[0] for path in folder.glob("*.pkl.gz"))


def test_a_policy_is_applied_now(crashes: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--dry-run says what would go; then it goes, and is named. Counts stay."""
    assert main(["clean", str(crashes), "--each", "2", "--dry-run"]) == 0
    *named, said = capsys.readouterr().out.splitlines()
    size = sum((crashes / name).stat().st_size for name in named)
    assert (len(named), said, len(left(crashes))) == (2, f"would delete 2 files, {size:,} bytes", 5)
    assert main(["clean", str(crashes), "--each", "2"]) == 0
    assert capsys.readouterr().out.splitlines() == [*named, f"deleted 2 files, {size:,} bytes"]
    assert left(crashes) == ["KeyError", "ZeroDivisionError", "ZeroDivisionError"]
    assert sum(count.crashes for count in keeptrace.Folder(crashes).counts().values()) == 5


def test_sizes_have_units(crashes: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bytes of all dumps; and of the disk, for which dumps go until it has so much."""
    assert main(["clean", str(crashes), "--bytes", "1M"]) == 0
    assert len(left(crashes)) == 5
    assert main(["clean", str(crashes), "--bytes", "0.1k"]) == 0
    assert left(crashes) == []


def test_dumps_go_until_so_much_of_the_disk_is_free(
    crashes: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The oldest first; no more than is missing."""
    from keeptrace.files import folder

    size = next(crashes.glob("*.pkl.gz")).stat().st_size
    monkeypatch.setattr(folder, "free_bytes", lambda _: 10_000_000)
    assert main(["clean", str(crashes), "--free", str(10_000_000 + size + size // 2)]) == 0
    assert left(crashes) == ["KeyError", "ZeroDivisionError", "ZeroDivisionError"]
    assert main(["clean", str(crashes), "--free", "1M"]) == 0
    assert len(left(crashes)) == 3


@pytest.mark.parametrize(("name", "cause"), [("none", "there is no such folder"), ("file", "it is no folder")])
def test_what_is_no_folder_is_not_cleaned(
    tmp_path: pathlib.Path, name: str, cause: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    path = str(tmp_path / name)
    assert main(["clean", path]) == 1
    assert capsys.readouterr().err == f"keeptrace: cannot clean {path!r}: {cause}; name the folder that the dumps \
are in\n"  # fmt: skip
    assert os.listdir(tmp_path) == ["file"]


# ---------------------------------------------------------------------------------------------------------------------
# Which dump is meant
# ---------------------------------------------------------------------------------------------------------------------


def written(folder: pathlib.Path, message: str, fingerprint: str, time: str) -> pathlib.Path:
    """Write a dump under a name that tells these."""
    folder.mkdir(exist_ok=True)
    path = folder / f"KeyError-{fingerprint}-{time}.000000Z-1.pkl.gz"
    path.write_bytes(keeptrace.dumps(KeyError(message)))
    return path


def shown(*arguments: str, cwd: pathlib.Path) -> str:
    done = commands.keeptrace("info", *arguments, cwd=cwd)
    found = re.search(r"^message +(.*)$", done.stdout, flags=re.MULTILINE)
    return found[1] if found else done.stderr


def test_a_dump_is_named_in_many_ways(tmp_path: pathlib.Path) -> None:
    """By its folder, by the fingerprint of its bug or the beginning of it, or not at all: the newest is taken."""
    written(tmp_path, "old", "aaaa000000000000", "20260101T000000")
    written(tmp_path, "new", "aaaa000000000000", "20260102T000000")
    written(tmp_path, "other", "bbbb000000000000", "20260101T000000")
    assert [shown(name, cwd=tmp_path) for name in (".", "aaaa000000000000", "aaaa", "bbbb0")] == [
        "'new'", "'new'", "'new'", "'other'",
    ]  # fmt: skip
    written(tmp_path / "crashes", "newest", "aaab000000000000", "20260103T000000")
    assert [shown(cwd=tmp_path), shown("crashes", cwd=tmp_path)] == ["'newest'", "'newest'"]
    told = shown("aaa", cwd=tmp_path), shown("cccc", cwd=tmp_path)
    assert told[0] == "keeptrace: cannot use 'aaa': No such file or directory; check the path; `keeptrace list FOLDER` \
shows what is there\n"  # fmt: skip
    assert told[1].startswith("keeptrace: cannot use 'cccc': No such file")
    written(tmp_path, "third", "aaaa111111111111", "20260101T000000")
    assert shown("aaaa", cwd=tmp_path) == (
        "keeptrace: cannot tell which bug 'aaaa' is: there are aaaa000000000000, aaaa111111111111\n"
    )


def test_an_empty_folder_is_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "crashes").mkdir()
    assert shown("crashes", cwd=tmp_path) == (
        f"keeptrace: cannot find a dump in the folder, {str(tmp_path / 'crashes')!r}: there is none; "
        "name another, or a FILE\n"
    )
    assert f"in the current folder, {str(tmp_path)!r} and {str(tmp_path / 'crashes')!r}: " in shown(cwd=tmp_path)


def test_crashes_are_listed_where_programs_put_them(tmp_path: pathlib.Path) -> None:
    """In ./crashes, as the README has it."""
    written(tmp_path / "crashes", "a", "aaaa000000000000", "20260101T000000")
    written(tmp_path, "b", "bbbb000000000000", "20260101T000000")
    (row,) = json.loads(commands.keeptrace("list", "--json", cwd=tmp_path).stdout)
    assert row["dumps"] == 2


def test_a_limit_can_be_set(tmp_path: pathlib.Path) -> None:
    """For a dump that is larger than the usual one, or smaller."""
    keeptrace.dump(KeyError("x"), tmp_path / "crash.pkl.gz")
    done = commands.keeptrace("show", "--limit", "1K", cwd=tmp_path)
    assert done.stderr.endswith("more than 1,024 bytes; load(limit=...) or --limit allows more\n")
    assert "KeyError: 'x'" in commands.keeptrace("show", "--limit", "1G", cwd=tmp_path).stdout


def test_json_has_the_size_of_the_file(tmp_path: pathlib.Path) -> None:
    path = keeptrace.dump(KeyError("x"), tmp_path / "crash.pkl.gz")
    header = json.loads(commands.keeptrace("show", "--json", cwd=tmp_path).stdout)["header"]
    assert header["file_bytes"] == path.stat().st_size


def test_a_folder_that_is_missing_is_named(tmp_path: pathlib.Path) -> None:
    keeptrace.dump(KeyError("x"), tmp_path / "crash.pkl.gz")
    done = commands.keeptrace("export", "-o", "no/such/page.html", cwd=tmp_path)
    assert done.stderr == (
        "keeptrace: cannot write 'no/such/page.html': there is no folder 'no/such'; make it first, or name another\n"
    )


def test_a_path_that_is_taken_is_named(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The dump goes beside it, and a line says so."""
    first, second = (keeptrace.dump(KeyError("x"), tmp_path / "crash.pkl.gz") for _ in range(2))
    assert (first.name, second.name) == ("crash.pkl.gz", "crash-2.pkl.gz")
    assert capsys.readouterr().err == (
        f"keeptrace: {str(first)!r} is there already, and stays; the dump is in {str(second)!r}\n"
    )
