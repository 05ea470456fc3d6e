"""`keeptrace show`, `info` and `export`: what a person sees of a crash."""

from __future__ import annotations

import gzip
import html.parser
import json
import os
import pickle
import re
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

import commands
import pytest

import keeptrace
from keeptrace.tools.cli import main
from keeptrace.tools.view import Detail, view_of

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable


class Order:
    """What crashes."""

    def __init__(self, items: dict[str, int]) -> None:
        self.items = items


def price(order: Order | None) -> float:
    total = {"pens": 2.5}["a" + "b"] if order else 0
    return 2 * total


def checkout(order: Order) -> float:
    try:
        return price(order)
    except KeyError as error:
        raise ValueError("cannot price") from error


def crash(call: Callable[[], Any]) -> BaseException:
    """Return what a call raises, in a thread of its own: without the frames of the test's runner."""
    found: list[BaseException] = []

    def caught() -> None:
        try:
            call()
        except BaseException as error:
            found.append(error)

    thread = threading.Thread(target=caught)
    thread.start()
    thread.join()
    return found[0]


def recurse(number: int) -> int:
    return recurse(number + 1)


@pytest.fixture
def shown(tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """`shown(error, *arguments)`: what `keeptrace show` prints of a crash."""

    def shown(what: Any, *arguments: str, command: str = "show", **options: Any) -> str:
        path = keeptrace.dump(what, tmp_path / "crash.pkl.gz", **options)
        assert main([command, str(path), *arguments]) == 0
        path.unlink()
        return capsys.readouterr().out

    return shown


def test_a_crash_is_shown_with_source_carets_and_variables(shown: Callable[..., str]) -> None:
    """The whole chain, and the attributes of objects."""
    text = shown(crash(lambda: checkout(Order({"pencils": 3}))), "--context", "1")
    frames = re.findall(r'  File "(.*)", line (\d+), in (.*)', text)
    assert [name.rpartition(".")[2] for _, _, name in frames] == ["checkout", "price", "caught", "<lambda>", "checkout"]
    number = price.__code__.co_firstlineno + 1
    assert f'  > {number}     total = {{"pens": 2.5}}["a" + "b"] if order else 0\n' in text
    if sys.version_info >= (3, 11):
        assert f"\n{' ' * 19}^^^^^^^^^^^^^^^^^^^^^^^^" in text
    assert "\n      order = <test_cli_show.Order object at 0x" in text
    assert "\n        .items = {'pencils': 3}\n" in text
    assert "\nKeyError: 'ab'\n\nThe above exception was the direct cause of the following exception:\n\n" in text
    assert text.endswith("\nValueError: cannot price\n")


def test_it_says_what_python_prints(shown: Callable[..., str]) -> None:
    """Without variables and other lines the frames and last lines are those of the traceback."""
    error = crash(lambda: checkout(Order({})))
    text = shown(error, "--no-locals", "--context", "0")
    expected = "".join(traceback.format_exception(error))
    places = re.compile(r'^  File "(.*)", line (\d+), in ', re.MULTILINE)
    assert places.findall(text) == places.findall(expected)
    own = re.compile(r"^(?! )\S.*?(?=  \[\d\]$|$)", re.MULTILINE)
    assert own.findall(text.partition("\n\n")[2]) == own.findall(expected)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exception groups")
def test_groups_and_notes_are_shown(shown: Callable[..., str]) -> None:
    """Members are set in, each with its own chain; notes keep their lines."""
    members = [crash(lambda: checkout(Order({}))), crash(lambda: 1 / 0)]
    members[1].add_note("first line\nsecond line")  # type: ignore[attr-defined]
    group = getattr(__builtins__, "ExceptionGroup", None) or __builtins__["ExceptionGroup"]  # type: ignore[index]

    def fail() -> None:
        raise group("several", members)

    assert "<title>ExceptionGroup: several (2 sub-exceptions)</title>" in shown(
        crash(fail), "-o", "-", command="export"
    )
    text = shown(crash(fail), "--no-locals", "--context", "0")
    assert "\nExceptionGroup: several (2 sub-exceptions)\n" in text
    assert "\n  +-- 1 ---" in text
    assert "\n  | KeyError: 'ab'\n" in text
    assert "\n  | The above exception was the direct cause" in text
    assert text.endswith("\n  | ZeroDivisionError: division by zero\n  | first line\n  | second line\n")


def test_every_thread_is_shown(shown: Callable[..., str]) -> None:
    """By name, after the crash."""
    go_on = threading.Event()
    thread = threading.Thread(target=go_on.wait, name="printer")
    thread.start()
    text = shown(crash(lambda: 1 / 0), threads=True)
    go_on.set()
    thread.join()
    assert "\nThread 'printer' (most recent call last):\n  File " in text


@pytest.mark.live_stack
def test_a_live_stack_is_shown(shown: Callable[..., str]) -> None:
    """It has no thread's name, and needs a number only beside another."""
    assert "\nStack (most recent call last):\n  File " in shown(None)
    assert "\n<h2>Stack</h2>\n" in shown(None, "-o", "-", command="export")
    several = view_of([sys._getframe(), sys._getframe(1)], "stacks.pkl", None, Detail())
    assert [stack.title for stack in several.threads] == ["Stack", "Stack 2"]


def test_recursion_is_shown_once(shown: Callable[..., str]) -> None:
    """The first calls and the last, which is where it crashed; how many are left out is said."""
    text = shown(crash(lambda: recurse(0)), limits=keeptrace.Limits(frames=500))
    numbers = list(map(int, re.findall(r"      number = (\d+)", text)))
    assert (len(numbers), numbers[1] - numbers[0], numbers[2] - numbers[1] > 100) == (3, 1, True)
    assert re.search(r"\n  \.\.\. \d+ more calls like this\n", text)


def test_the_middle_of_a_long_stack_is_left_out(shown: Callable[..., str]) -> None:
    """As many frames as asked for are shown; 0 is all."""
    source = "def f(n):\n" + "".join(f"    if n == {n}: return f({n + 1})\n" for n in range(40)) + "    1 / 0\n"
    names: dict[str, Any] = {}
    exec(source, names)
    error = crash(lambda: names["f"](0))
    assert shown(error, "--frames", "10").count("\n  File ") == 10
    assert "\n  ... 33 frames, --frames 0 shows all\n" in shown(error, "--frames", "10")
    assert shown(error, "--frames", "0").count("\n  File ") == 43


def test_values_are_cut(shown: Callable[..., str]) -> None:
    """To as many characters as asked for; what is not shown is not made."""

    def fail() -> None:
        long = "x" * 1000
        raise ValueError(long[:1])

    assert f"long = '{'x' * 9}...\n" in shown(crash(fail), "--length", "10")
    assert f"long = '{'x' * 1000}'\n" in shown(crash(fail), "--length", "0")


def test_json_says_the_same(shown: Callable[..., str]) -> None:
    """Header, exceptions in the printed order, frames and variables."""
    found = json.loads(shown(crash(lambda: checkout(Order({"pencils": 3}))), "--json", note="at night"))
    assert [(each["type"], each["relation"]) for each in found["exceptions"]] == [
        ("KeyError", ""), ("ValueError", "cause"),
    ]  # fmt: skip
    last = found["exceptions"][0]["frames"][-1]
    assert (last["name"].rpartition(".")[2], found["header"]["note"]) == ("price", "at night")
    assert last["variables"][0]["attributes"] == [{"name": "items", "text": "{'pencils': 3}", "attributes": []}]


NASTY = "\x1b]0;owned\x07\x1b[2J\r\u202e\x9b31m<script>alert(1)</script>[bold red]"


def nasty() -> BaseException:
    """Return a crash that has terminal escapes and HTML wherever a text is."""
    names: dict[str, Any] = {"__name__": NASTY, NASTY: NASTY}
    exec(compile(f"# {NASTY!a}\ndef f(x):\n    raise E(x)\n", f"<{NASTY}>", "exec"), names)
    names["E"] = type(f"E{NASTY}", (Exception,), {"__module__": NASTY})
    error = crash(lambda: names["f"]({NASTY: [NASTY]}))
    vars(error)["__notes__"] = [NASTY]
    return error


@pytest.mark.parametrize("color", ["never", "always"])
@pytest.mark.parametrize("command", ["show", "info"])
def test_no_escape_of_a_dump_reaches_the_terminal(shown: Callable[..., str], command: str, color: str) -> None:
    """Names, messages, notes, values and source come escaped; the only escapes are colours of our own."""
    text = shown(nasty(), "--color", color, command=command, note=NASTY)
    assert color == "never" or "\x1b[" in text or "rich" not in sys.modules
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", re.sub(r"\x1b\[[\d;]*m", "", text))
    assert "\x1b[31m" not in re.sub(r"\x1b\[1;31m", "", text) or color == "always"
    assert "owned" in text
    assert command == "info" or "[bold red]" in text


def page_of(text: str) -> tuple[set[str], set[str], str]:
    """Return the tags, attributes and text of a page."""
    tags: set[str] = set()
    attributes: set[str] = set()
    data: list[str] = []

    class Parser(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attrs: Any) -> None:
            tags.add(tag)
            attributes.update(name for name, _ in attrs)

        def handle_data(self, text: str) -> None:
            data.append(text)

    Parser().feed(text)
    return tags, attributes, "".join(data)


def test_the_page_is_complete_and_asks_for_nothing(shown: Callable[..., str], tmp_path: pathlib.Path) -> None:
    """No scripts, no links, frames that fold; all that is shown on the terminal."""
    shown(nasty(), "-o", str(tmp_path / "page.html"), command="export")
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    tags, attributes, data = page_of(text)
    assert tags.isdisjoint(["script", "link", "img", "iframe", "a"])
    assert {"details", "summary", "style", "mark"} <= tags | {"mark"}
    assert not [name for name in attributes if name.startswith("on") or name in ("src", "href")]
    assert ("<script>alert(1)</script>" in data, "\x1b" in text, "http" in text.replace("http-equiv", "")) == (
        True, False, False,
    )  # fmt: skip
    assert "prefers-color-scheme: dark" in text


def test_a_page_goes_beside_the_dump_and_overwrites_nothing(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """--force does; only the user can read it."""
    monkeypatch.setenv("KEEPTRACE_DIR", str(tmp_path))
    keeptrace.dump(crash(lambda: 1 / 0), tmp_path / "crash.pkl.gz")
    assert [main(["export"]), main(["export"]), main(["export", "--force"])] == [0, 1, 0]
    out, err = capsys.readouterr()
    page = tmp_path / "crash.html"
    assert out == f"{page}\n{page}\n"
    cause = "it is there already; --force replaces it, -o OUT writes another"
    assert err == f"keeptrace: cannot write {str(page)!r}: {cause}\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["crash.html", "crash.pkl.gz"]
    assert os.name == "nt" or page.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("kind", "option"), [("text", []), ("json", ["--json"])])
def test_other_formats_are_what_show_prints(
    kind: str, option: list[str], tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(keeptrace.dump(crash(lambda: checkout(Order({}))), directory=tmp_path))
    assert main(["export", path, "--format", kind, "-o", "-"]) == 0
    exported = capsys.readouterr().out
    assert main(["show", path, *option]) == 0
    addresses = re.compile("0x[0-9a-f]+")  # of what is restored each time
    assert addresses.sub("", exported) == addresses.sub("", capsys.readouterr().out)


def test_info_prints_the_header(shown: Callable[..., str]) -> None:
    found = json.loads(shown(crash(lambda: 1 / 0), "--json", command="info", note="at night"))
    assert (found["exception"], found["note"], found["pid"]) == ("ZeroDivisionError", "at night", os.getpid())
    assert re.search("^note +at night$", shown(crash(lambda: 1 / 0), command="info", note="at night"), re.MULTILINE)


@pytest.mark.parametrize("write", [lambda data: data, gzip.compress])
def test_a_pickle_without_header_is_described_by_what_is_in_it(
    write: Callable[[bytes], bytes], tmp_path: pathlib.Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stock pickle wrote it; show and info say so, and what it is."""
    keeptrace.init()
    path = tmp_path / "stock.pkl"
    path.write_bytes(write(pickle.dumps([crash(lambda: 1 / 0), crash(lambda: checkout(Order({})))])))
    assert main(["info", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert ("without header" in found["kind"], found["exception"]) == (True, "ZeroDivisionError")
    assert main(["show", str(path)]) == 0
    out = capsys.readouterr().out
    assert ("ZeroDivisionError: division by zero\n" in out, out.endswith("ValueError: cannot price\n")) == (True, True)


def test_without_rich_the_output_is_as_complete(tmp_path: pathlib.Path) -> None:
    """Plain text is the same with rich, without it, and without anything installed."""
    path = commands.dumped(tmp_path)
    plain = commands.keeptrace("show", path.name, cwd=tmp_path).stdout
    without = commands.python("-c", commands.WITHOUT_RICH, "show", "--color", "always", path.name, cwd=tmp_path).stdout
    bare = f"import sys; sys.path.insert(0, {commands.CHECKOUT!r}); {commands.WITHOUT_RICH}"
    alone = commands.python("-I", "-S", "-c", bare, "show", path.name, cwd=tmp_path).stdout
    assert "ValueError: cannot price the order" in plain
    assert plain == without == alone


@pytest.mark.parametrize(
    ("variables", "is_colored"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colours_are_for_terminals(tmp_path: pathlib.Path, variables: dict[str, str], is_colored: bool) -> None:
    """On a terminal, unless NO_COLOR is set or it knows none; what is read is the same."""
    pexpect = pytest.importorskip("pexpect")
    pytest.importorskip("rich")
    path = commands.dumped(tmp_path)
    child = pexpect.spawn(
        sys.executable, ["-m", "keeptrace", "show", path.name], cwd=str(tmp_path), encoding="utf-8",
        env=commands.environment(**variables), timeout=60, dimensions=(50, 200),
    )  # fmt: skip
    child.expect(pexpect.EOF)
    printed = child.before.replace("\r\n", "\n")
    assert bool(re.search(r"\x1b\[[\d;]*3\dm", printed)) is is_colored
    text = re.sub(r"\x1b\[[\d;]*m", "", printed)
    plain = commands.keeptrace("show", path.name, cwd=tmp_path).stdout
    assert [line.rstrip() for line in text.splitlines()] == plain.splitlines()
