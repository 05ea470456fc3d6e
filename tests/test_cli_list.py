"""`keeptrace list`: what crashed, how often and when."""

from __future__ import annotations

import builtins
import dataclasses
import io
import json
import os
import pickle
import sys
import time
from typing import TYPE_CHECKING, Any

import commands
import pytest

import keeptrace
from keeptrace.files import header
from keeptrace.tools import listing, progress
from keeptrace.tools.cli import main

if TYPE_CHECKING:
    import pathlib


def fail(kind: type[BaseException] = ZeroDivisionError, *arguments: Any) -> BaseException:
    try:
        raise kind(*arguments)  # noqa: TRY301
    except kind as error:
        return error


@dataclasses.dataclass
class Disguised:
    """A dump to make others of: with another fingerprint and time in the header."""

    data: bytes = dataclasses.field(default_factory=lambda: keeptrace.dumps(fail(), depth=0, include_source=False))

    def write(self, folder: pathlib.Path, fingerprint: str, time: str, *, name: str = "", **facts: Any) -> None:
        found = header.read_header(io.BytesIO(self.data), "x")
        new = header.encoded(found.__replace__(fingerprint=fingerprint, time=time, **facts))
        moment = time.replace("-", "").replace(":", "")
        path = folder / (name or f"ZeroDivisionError-{fingerprint}-{moment}-1.pkl.gz")
        path.write_bytes(new + self.data[len(header.encoded(found)) :])


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    """Return a folder with two bugs, one of them three times; a pickle without header; and what is no dump."""
    dump = Disguised()
    for day in (3, 1, 2):
        dump.write(tmp_path, "a" * 16, f"2026-01-0{day}T10:00:00.000000Z")
    dump.write(tmp_path, "b" * 16, "2026-02-01T10:00:00.000000Z", name="mine.pkl.gz", message="another")
    keeptrace.init()
    (tmp_path / "stock.pkl").write_bytes(pickle.dumps(fail(KeyError, "x")))
    os.utime(tmp_path / "stock.pkl", (0, 0))
    (tmp_path / "text.pkl").write_text("hello")
    (tmp_path / "notes.txt").write_text("hello")
    return tmp_path


def listed(*arguments: object, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    assert main(["list", "--json", *map(str, arguments)]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def test_dumps_are_grouped_the_latest_first(folder: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By fingerprint, with how many there are, when first and last, and the newest file."""
    found = listed(folder, capsys=capsys)
    assert [(row["fingerprint"][:1], row["dumps"], row["crashes"]) for row in found] == [
        ("b", 1, 1), ("a", 3, 3), ("", 1, 1),
    ]  # fmt: skip
    assert (found[1]["first"][:10], found[1]["last"][:10]) == ("2026-01-01", "2026-01-03")
    assert "20260103" in found[1]["newest"]
    assert found[0]["message"] == "another"


def test_pickles_without_header_are_named_as_such(folder: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What stock pickle wrote with init() is listed; what is no dump is a line on stderr."""
    assert main(["list", str(folder)]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[-1].split()[-4:] == ["pickle", "without", "header", str(folder / "stock.pkl")]
    assert err == f"keeptrace: cannot list {str(folder / 'text.pkl')!r}: this is no dump file\n"


def test_counts_of_a_folder_with_a_policy_are_shown(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Crashes that were not kept count, also where no dump is left."""
    directory = keeptrace.Folder(tmp_path, each=2)
    for _ in range(5):
        keeptrace.dump(fail(), directory=directory, depth=0)
    keeptrace.dump(fail(KeyError), directory=keeptrace.Folder(tmp_path, each=0), depth=0)
    found = {row["exception"]: (row["crashes"], row["dumps"], row["kind"]) for row in listed(tmp_path, capsys=capsys)}
    assert found == {"ZeroDivisionError": (5, 2, "dump"), "KeyError": (1, 0, "count only")}


def test_files_may_be_named(folder: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert [row["dumps"] for row in listed(*folder.glob("Zero*"), capsys=capsys)] == [3]


def test_an_empty_folder_says_so(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(tmp_path, capsys=capsys) == []
    assert main(["list", str(tmp_path)]) == 0
    assert capsys.readouterr().out == f"no dumps in {tmp_path}\n"


def test_where_nothing_is_named_it_is_the_usual_folder(
    folder: pathlib.Path, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """KEEPTRACE_DIR, else the current one."""
    monkeypatch.delenv("KEEPTRACE_DIR", raising=False)
    monkeypatch.chdir(folder)
    assert len(listed(capsys=capsys)) == 3
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("KEEPTRACE_DIR", str(tmp_path / "empty"))
    assert listed(capsys=capsys) == []


def test_a_full_folder_is_hardly_read(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of ten thousand dumps of five bugs five are opened, and of these the headers are read."""
    for number in range(10_000):
        (tmp_path / f"E-{number % 5:016x}-20260101T000000.{number:06}Z-1.pkl.gz").touch()
    dump = Disguised()
    for number in range(5):
        dump.write(tmp_path, f"{number:016x}", "2026-02-01T00:00:00.000000Z")
    opened: list[Any] = []
    original = builtins.open

    def counting(*arguments: Any, **options: Any) -> Any:
        opened.append(original(*arguments, **options))
        return opened[-1]

    monkeypatch.setattr(builtins, "open", counting)
    rows, unread = listing.rows_of([str(tmp_path)])
    assert ([row.dumps for row in rows], unread, len(opened)) == ([2001] * 5, [], 5)


def test_a_dump_that_is_gone_or_damaged_does_not_hide_its_group(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The next one speaks for it, and stderr names the damaged one."""
    Disguised().write(tmp_path, "a" * 16, "2026-01-01T00:00:00.000000Z")
    (tmp_path / f"E-{'a' * 16}-20260201T000000.000000Z-1.pkl.gz").write_bytes(b"\x1f\x8b\x08")
    assert main(["list", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert (len(out.splitlines()), "cut short" in err) == (2, True)


def test_names_and_messages_reach_the_terminal_escaped(
    tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever a header or a file name says."""
    name = "\x1b]0;mine\x07.pkl.gz" if os.name != "nt" else "mine.pkl.gz"
    Disguised().write(tmp_path, "\x1b[31m", "\x1b[2J", name=name, exception="E\x1b[1m", message="a\nb\x9b")
    (tmp_path / "\x1b[31mtext.pkl").write_text("x")
    assert main(["list", str(tmp_path)]) == 0
    out, err = capsys.readouterr()
    assert {character for character in out + err if ord(character) < 32 or 127 <= ord(character) < 160} == {"\n"}


def test_a_bar_is_shown_when_it_takes_longer_than_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal, after a second; all items come through."""
    pytest.importorskip("rich")
    moments = iter(range(1000))
    shown: list[tuple[int, int]] = []
    original = progress.with_bar

    def noted(waiting: Any, what: str, done: int, total: int) -> Any:
        shown.append((done, total))
        return original(waiting, what, done, total)

    monkeypatch.setattr(time, "monotonic", lambda: next(moments))
    monkeypatch.setattr(progress, "with_bar", noted)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    assert list(progress.tracked(range(300), "reading")) == list(range(300))
    assert shown == [(128, 300)]


@pytest.mark.parametrize(("width", "lines"), [(80, 1 + 3 * 3), (400, 1 + 3)])
def test_a_narrow_terminal_has_long_columns_below(folder: pathlib.Path, width: int, lines: int) -> None:
    """Paths can be copied: none is broken."""
    pexpect = pytest.importorskip("pexpect")
    child = pexpect.spawn(
        sys.executable, ["-m", "keeptrace", "list", "."], cwd=str(folder), encoding="utf-8", timeout=60,
        env=commands.environment(NO_COLOR="1"), dimensions=(50, width),
    )  # fmt: skip
    child.expect(pexpect.EOF)
    printed = [line for line in child.before.splitlines() if "cannot list" not in line]
    assert len(printed) == lines
    assert sum("stock.pkl" in line for line in printed) == 1


def test_the_reader_may_stop_reading(folder: pathlib.Path) -> None:
    """`keeptrace list | head -0` ends quietly."""
    if os.name == "nt":
        pytest.skip("shell")
    script = f"{sys.executable} -m keeptrace list . | true; echo ${{PIPESTATUS[0]}}"
    done = commands.run(["bash", "-c", script], folder)
    assert (done.stdout in ("141\n", "0\n"), [line for line in done.stderr.splitlines() if "text.pkl" not in line]) == (
        True, [],
    )  # fmt: skip
