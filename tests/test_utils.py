"""Tracebacks out of log text: round trips of what this Python prints, logs of other Pythons, and text that is none."""

from __future__ import annotations

import builtins
import concurrent.futures
import itertools
import json
import linecache
import multiprocessing
import os
import pathlib
import random
import re
import socket
import subprocess
import sys
import textwrap
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from keeptrace.utils import parse_tracebacks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import TracebackType

    Parsed = tuple[type[BaseException], BaseException, TracebackType | None]

python: Any = builtins  # to mypy it is that of 3.10, which has no exception groups
EMPTY: dict[Any, Any] = {}
FRAME = '  File "/srv/app.py", line 1, in f\n'
LOGS = pathlib.Path(__file__).parent / "samples" / "logs"
GROUPS = pytest.mark.skipif(sys.version_info < (3, 11), reason="Python has exception groups since 3.11")


class Broken(Exception):
    """An application's exception."""


class Unprintable(Exception):
    """An exception that cannot say what it is."""

    def __str__(self) -> str:
        raise RuntimeError


def divide(number: int) -> float:
    return 1 / number + 1


def raise_in_several_lines() -> float:
    return divide(
        len(
            [],
        ),
    )


def raise_operator_in_several_lines() -> float:
    return divide(1) / len([])


def raise_wide() -> None:
    ["世界", "é", "🐍" + str(1 / len("")), "tail"].clear()


def recurse(depth: int) -> None:
    if depth:
        recurse(depth - 1)
    raise Broken("deep")


def ping(depth: int) -> None:
    if not depth:
        raise Broken("pong")
    pong(depth)


def pong(depth: int) -> None:
    ping(depth - 1)


def raise_recursion_error() -> None:
    raise_recursion_error()


def raise_from_another() -> None:
    try:
        divide(0)
    except ZeroDivisionError as error:
        raise Broken("cannot divide") from error


def raise_while_handling() -> None:
    try:
        raise_from_another()
    except Broken:
        EMPTY["key"]


def raise_from_never_raised() -> None:
    raise Broken("late") from ValueError("never raised")


def raise_from_unraised_syntax_error() -> None:
    raise Broken("late") from SyntaxError("bad", ("x.py", 3, 5, "a b\n", 3, 6))


def raise_with_notes() -> None:
    error: Any = Broken("message")
    error.__notes__ = ["a note", "another\n  of two lines"]
    raise error


def raise_local() -> None:
    class Local(Broken):
        pass

    raise Local("from", "here")


def raise_group() -> None:
    errors: list[BaseException] = [Broken("first\n\nafter a blank line")]
    for raises in (raise_while_handling, raise_inner_group, raise_in_several_lines):
        try:
            raises()
        except BaseException as error:
            errors.append(error)
    raise python.BaseExceptionGroup("outer", [*errors, Broken()])


def raise_inner_group() -> None:
    inner = python.ExceptionGroup("innermost", [ValueError(1), OSError(2, "No such file", "x")])
    raise python.BaseExceptionGroup("inner", [inner, KeyboardInterrupt()]) from inner


def raise_wide_group() -> None:
    raise python.ExceptionGroup("wide", [ValueError(number) for number in range(18)])


def raise_deep_group() -> None:
    group: Any = ValueError("bottom")
    for level in range(13):
        group = python.ExceptionGroup(f"level {level}", [group, TypeError(level)])
    raise group


def raise_after_group() -> None:
    try:
        raise_group()
    except python.BaseExceptionGroup:
        divide(0)


def raise_group_of_group_with_follower() -> None:
    try:
        raise_after_group()
    except ZeroDivisionError as error:
        raise python.ExceptionGroup("again", [error]) from error


CRASHES: dict[str, Callable[[], object]] = {
    "division": lambda: divide(0),
    "several lines": raise_in_several_lines,
    "operator in several lines": raise_operator_in_several_lines,
    "wide characters": raise_wide,
    "no message": lambda: (_ for _ in ()).throw(Broken),
    "messages": lambda: (_ for _ in ()).throw(Broken("first\nsecond: line\n  third\n\tfourth")),
    "message that begins with a line end": lambda: (_ for _ in ()).throw(Broken("\nsecond")),
    "unprintable": lambda: (_ for _ in ()).throw(Unprintable),
    "recursion": lambda: recurse(60),
    "two that call each other": lambda: ping(20),
    "RecursionError": raise_recursion_error,
    "cause": raise_from_another,
    "context": raise_while_handling,
    "cause that was never raised": raise_from_never_raised,
    "syntax error that was never raised": raise_from_unraised_syntax_error,
    "notes": raise_with_notes,
    "local class": raise_local,
    "key": lambda: EMPTY["a key"],
    "number as key": lambda: EMPTY[-7],
    "quoted key": lambda: EMPTY["it's", 'a "key"'],
    "system exit": lambda: sys.exit(3),
    "interrupt": lambda: (_ for _ in ()).throw(KeyboardInterrupt),
    "missing file": pathlib.Path("/nowhere/at/all").read_text,
    "bytes": b"a\xff".decode,
    "text": lambda: "a\xff".encode("ascii"),
    "unknown name": lambda: pritn("x"),  # type: ignore[name-defined]  # noqa: F821
    "unknown attribute": lambda: [].appendix(1),  # type: ignore[attr-defined]
    "unknown module": lambda: __import__("nowhere_at_all"),
    "json": lambda: json.loads("{"),
    "invalid syntax": lambda: compile("x = = 1", "app.py", "exec"),
    "several characters of invalid syntax": lambda: compile("f(a for a in b, c)", "app.py", "exec"),
    "invalid syntax after wide characters": lambda: compile("f('世界' 3 'é' 4)", "app.py", "exec"),
    "unclosed bracket": lambda: compile("\n\nf(\n", "app.py", "exec"),
    "indentation": lambda: compile("if x:\n  y\n z", "app.py", "exec"),
    "tabs": lambda: compile("if x:\n\tif y:\n        z", "app.py", "exec"),
    "syntax error of one's own": lambda: (_ for _ in ()).throw(SyntaxError("plain")),
    "syntax error without text": lambda: (_ for _ in ()).throw(SyntaxError("bad", ("x.py", 3, None, None))),
    "warning": lambda: (_ for _ in ()).throw(DeprecationWarning("old")),
}
GROUP_CRASHES = {
    "group": raise_group,
    "inner group": raise_inner_group,
    "wide group": raise_wide_group,
    "deep group": raise_deep_group,
    "after a group": raise_after_group,
    "group again": raise_group_of_group_with_follower,
}
if sys.version_info >= (3, 11):
    CRASHES |= GROUP_CRASHES


def printed(raises: Callable[[], object]) -> str:
    """Return what Python prints about what a function raises."""
    try:
        raises()
    except BaseException as error:
        return "".join(traceback.format_exception(error))
    raise AssertionError


def formatted(parsed: Parsed) -> str:
    return "".join(traceback.format_exception(*parsed))


def parse_one(text: str) -> tuple[Any, Any, Any]:
    (parsed,) = parse_tracebacks(text.splitlines(keepends=True))
    return parsed


# ---------------------------------------------------------------------------------------------------------------------
# Round trips
# ---------------------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def source_taken_back() -> Iterator[None]:
    """Take back what a log said about files that this process has too."""
    before = dict(linecache.cache)
    yield
    linecache.cache.clear()
    linecache.cache.update(before)


@pytest.fixture(params=CRASHES)
def text(request: pytest.FixtureRequest) -> str:
    return printed(CRASHES[request.param])


def stamped(text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines()):
        yield f"2024-01-01 12:00:00,{number // 3:03} ERROR [app-{number % 10}]: {line}\n"


def after_message(text: str) -> str:
    """Put a traceback after a message as logging does; on its line where that can be told from the traceback."""
    return f"2024-01-01 12:00:00 ERROR app: oops{' ' if 'Traceback' in text.partition(chr(10))[0] else chr(10)}{text}"


PREFIXES: dict[str, Callable[[str], Iterable[str | bytes]]] = {
    "none": lambda text: text.splitlines(keepends=True),
    "no line ends": lambda text: text.split("\n"),
    "CRLF": lambda text: [f"{line}\r\n" for line in text.splitlines()],
    "several lines at once": lambda text: [text],
    "comment": lambda text: [f"# {line}\n" for line in text.splitlines()],
    "comment without trailing blanks": lambda text: [f"# {line}".rstrip() for line in text.splitlines()],
    "quoted": lambda text: [f"> > {line}\n" for line in text.splitlines()],
    "indented": lambda text: textwrap.indent(text, "      ").splitlines(keepends=True),
    "container": lambda text: [f"web_1  | {line}\n" for line in text.splitlines()],
    "first line only": lambda text: after_message(text).splitlines(keepends=True),
    "colours around": lambda text: [f"\x1b[1;31mERROR\x1b[0m {line}\x1b[0m" for line in text.splitlines()],
    "bytes": lambda text: text.encode().splitlines(keepends=True),
}


def test_prints_what_python_printed(text: str) -> None:
    """Each kind of exception is printed as it was, whatever stood before its lines in the log."""
    for name, write in PREFIXES.items():
        assert [name, *map(formatted, parse_tracebacks(iter(write(text))))] == [name, text]


def test_prints_what_python_printed_when_source_is_gone(text: str) -> None:
    """The source lines in the log are printed where the file is not on this machine."""
    moved = text.replace(__file__, "/nowhere/app.py")
    assert formatted(parse_one(moved)) == moved


def test_prints_what_python_printed_when_source_has_changed(text: str, tmp_path: pathlib.Path) -> None:
    """The source lines in the log are printed where the file holds others by now."""
    path = tmp_path / "app.py"
    path.write_text("changed = 1\n" * 1000)
    moved = text.replace(__file__, str(path))
    assert formatted(parse_one(moved)) == moved


def test_numbers_in_prefixes_may_differ_from_line_to_line() -> None:
    """Timestamps and counters are told from the traceback although they change."""
    text = printed(raise_while_handling)
    assert [formatted(parsed) for parsed in parse_tracebacks(stamped(text))] == [text]


# ---------------------------------------------------------------------------------------------------------------------
# What the triple holds
# ---------------------------------------------------------------------------------------------------------------------


def frames(error: BaseException) -> list[tuple[str, int | None, str]]:
    return [(entry.filename, entry.lineno, entry.name) for entry in traceback.extract_tb(error.__traceback__)]


LOG = """\
2024-01-01 12:00:00 INFO app: started
Traceback (most recent call last):
  File "/srv/shop/app.py", line 20, in <module>
    main()
  File "/srv/shop/orders.py", line 7, in main
    raise errors.Refused("card", 7)
shop.errors.Refused: card
2024-01-01 12:00:01 INFO app: stopped
"""


def test_tracebacks_are_real() -> None:
    """The traceback, its frames and their code are what a debugger expects, the outermost first."""
    _, _, tb = parse_one(LOG)
    codes = [(frame.f_code.co_filename, frame.f_code.co_name, line) for frame, line in traceback.walk_tb(tb)]
    assert codes == [("/srv/shop/app.py", "<module>", 20), ("/srv/shop/orders.py", "main", 7)]
    assert tb.tb_next.tb_frame.f_back is tb.tb_frame
    assert tb.tb_frame.f_globals["__file__"] == "/srv/shop/app.py"


def test_a_class_that_is_not_imported_is_stood_in_for() -> None:
    """An application's exception has its name and module and derives from Exception."""
    type_, value, _ = parse_one(LOG)
    assert (type_.__module__, type_.__qualname__, type_.__bases__) == ("shop.errors", "Refused", (Exception,))
    assert (type(value), str(value), value.args) == (type_, "card", ("card",))


def test_a_class_that_is_imported_is_used() -> None:
    """Exceptions of Python, of its library and of the application are found where they are imported."""
    assert parse_one(printed(lambda: divide(0)))[0] is ZeroDivisionError
    assert parse_one(printed(lambda: json.loads("{")))[0] is json.JSONDecodeError
    assert parse_one(printed(raise_from_another))[0] is Broken


@pytest.mark.parametrize(
    ("name", "module", "qualname"),
    [
        ("Refused", "__main__", "Refused"),
        ("shop.errors.Refused", "shop.errors", "Refused"),
        ("shop.Orders.Refused", "shop", "Orders.Refused"),
        ("shop.make.<locals>.Refused", "shop", "make.<locals>.Refused"),
        ("socket.timeout", "__main__", "socket.timeout"),
        ("json.decoder.Refused", "json.decoder", "Refused"),
        ("shop.errors.refused", "shop.errors", "refused"),
    ],
)
def test_names_are_parted_into_module_and_class(name: str, module: str, qualname: str) -> None:
    """What is imported tells where the module's name ends, else the first capital letter."""
    type_, _, _ = parse_one(LOG.replace("shop.errors.Refused", name))
    assert (type_.__module__, type_.__qualname__) == (module, qualname)


def test_a_class_of_the_main_module_prints_as_it_did() -> None:
    """`__main__.` is printed by the interpreter, not by the traceback module: it stays where it was."""
    text = LOG.replace("shop.errors.Refused", "__main__.Refused")
    assert "__main__.Refused: card\n" in formatted(parse_one(text))


def test_former_names_keep_their_base() -> None:
    """IOError and socket.timeout print under their own names and are caught as what they are now."""
    assert issubclass(parse_one(LOG.replace("shop.errors.Refused", "IOError"))[0], OSError)
    assert issubclass(parse_one(LOG.replace("shop.errors.Refused", "socket.timeout"))[0], socket.timeout)


def test_frames_without_variables_are_real_frames() -> None:
    """A module's frame has its globals for locals; a function's has none."""
    _, _, tb = parse_one(LOG)
    assert tb.tb_frame.f_locals["__name__"] == "app"
    assert (tb.tb_next.tb_frame.f_locals, tb.tb_next.tb_frame.f_globals["__name__"]) == ({}, "orders")


def test_files_that_differ_between_tracebacks_print_as_they_were() -> None:
    """Two tracebacks of one log may show different lines of a file that is not here."""
    texts = ["".join(LOG.splitlines(keepends=True)[1:-1]).replace(" 7", f" {line}") for line in (7, 70, 3)]
    parsed = list(parse_tracebacks("\n".join(texts).splitlines()))
    assert [formatted(triple) for triple in parsed] == texts


def test_chains_are_linked() -> None:
    """A cause and a context are attached, each with a traceback of its own."""
    _, value, _ = parse_one(printed(raise_while_handling))
    cause = value.__context__.__cause__
    assert [type(error) for error in (value, value.__context__, cause)] == [KeyError, Broken, ZeroDivisionError]
    assert [name for _, _, name in frames(cause)] == ["raise_from_another", "divide"]
    assert (value.__suppress_context__, value.__context__.__suppress_context__) == (False, True)


def test_repeated_frames_are_all_there() -> None:
    """The line that counts a frame's repetitions stands for as many frames."""
    assert len(frames(parse_one(printed(lambda: recurse(60)))[1])) == 63


@pytest.mark.parametrize("name", ["f", "<module>"])
def test_frames_beyond_all_measure_are_cut(name: str) -> None:
    """No number in a log makes the parser fill memory, or nest deeper than Python can."""
    text = "Traceback (most recent call last):\n" + 3 * FRAME.replace("in f", f"in {name}")
    _, value, _ = parse_one(text + "  [Previous line repeated 999999999 more times]\nRecursionError: x\n")
    assert 1_000 < len(frames(value)) < 100_000


@GROUPS
def test_groups_hold_their_members() -> None:
    """A group's members, and theirs, are exceptions with tracebacks of their own."""
    _, value, _ = parse_one(printed(raise_group))
    assert isinstance(value, python.BaseExceptionGroup)
    assert [type(member).__name__ for member in value.exceptions] == [
        "Broken", "KeyError", "BaseExceptionGroup", "ZeroDivisionError", "Broken",
    ]  # fmt: skip
    assert str(value.exceptions[0]) == "first\n\nafter a blank line"
    assert isinstance(value.exceptions[2].exceptions[0].exceptions[1], OSError)


@GROUPS
def test_members_that_were_not_printed_are_stood_in_for() -> None:
    """A wide group has as many members as it had, also those the text left out."""
    _, value, _ = parse_one(printed(raise_wide_group))
    assert [str(member) for member in value.exceptions[14:]] == ["14", *["not in the log"] * 3]


# ---------------------------------------------------------------------------------------------------------------------
# Logs of other Pythons
# ---------------------------------------------------------------------------------------------------------------------


def facts(error: BaseException | None) -> dict[str, Any] | None:
    """Return what `samples/logs/write_logs.py` wrote about an exception."""
    if error is None:
        return None
    module, name = type(error).__module__, type(error).__qualname__
    return {
        "type": name if module in ("builtins", "__main__") else f"{module}.{name}",
        "message": error.msg if isinstance(error, SyntaxError) else str(error),
        "frames": [list(frame) for frame in frames(error)],
        "cause": facts(error.__cause__),
        "context": facts(error.__context__),
        "members": [facts(member) for member in getattr(error, "exceptions", ())][:15],
    }


def unindented(facts: object) -> object:
    """Return facts as they are where the indentation of messages was stripped."""
    if isinstance(facts, dict):
        return {key: unindented(value) for key, value in facts.items()}
    if isinstance(facts, list):
        return [unindented(value) for value in facts]
    return re.sub(r"\n[ \t]+", "\n", facts) if isinstance(facts, str) else facts


@pytest.mark.parametrize("path", sorted(LOGS.glob("*.log")), ids=lambda path: path.stem)
def test_logs_of_other_pythons_hold_the_same(path: pathlib.Path) -> None:
    """What any Python printed parses to the files, lines, functions, classes and messages there were."""
    expected, is_stripped = [], []
    for crash in json.loads(path.with_suffix(".json").read_text(encoding="utf-8")):
        del crash["name"]
        styles = crash.pop("styles")
        expected += [unindented(crash) if style == "stripped" else crash for style in styles]
        is_stripped += [style == "stripped" for style in styles]
    with path.open(encoding="utf-8") as log:
        actual = [facts(value) for _, value, _ in parse_tracebacks(log)]
    assert [unindented(found) if strip else found for found, strip in zip(actual, is_stripped, strict=True)] == expected


# ---------------------------------------------------------------------------------------------------------------------
# Where a traceback ends
# ---------------------------------------------------------------------------------------------------------------------


def message(text: str) -> str:
    return str(parse_one(text)[1])


@pytest.mark.parametrize(
    "follower",
    [
        "",
        "\nsomething else\n",
        "2024-01-01 12:00:00,000 INFO app: next\n",
        "[2024-01-01 12:00:00] next\n",
        "12:00:00 next\n",
        "Jan  1 12:00:00 host app[1]: next\n",
        "INFO:root:next\n",
        "[ERROR] next\n",
        "Exception in thread Thread-1:\n",
        ">>> next\n",
        "Traceback (most recent call last):\nof which no more was printed\n",
        "\nThe above exception was the direct cause of the following exception:\n\nwhich was not printed\n",
    ],
)
def test_a_message_ends_where_the_log_goes_on(follower: str) -> None:
    """A blank line, a new record or another traceback ends a message of several lines."""
    text = "Traceback (most recent call last):\n" + FRAME + "ValueError: one\n  two\nthree\n"
    assert message(text + follower) == "one\n  two\nthree"


@pytest.mark.parametrize("follower", ["ERROR 12:00:01 app: next", "ERROR 12:00:00 other: next", "no prefix"])
def test_a_message_ends_where_the_prefix_does(follower: str) -> None:
    """A line with another time or without the prefix does not belong to the message."""
    lines = ["Traceback (most recent call last):", '  File "/srv/app.py", line 1, in f', "ValueError: one", "two"]
    text = "".join(f"ERROR 12:00:00 app: {line}\n" for line in lines)
    assert message(text + follower) == "one\ntwo"


def test_a_first_line_alone_with_a_prefix_ends_the_message_where_it_comes_again() -> None:
    """A logger's own prefix, learnt from the traceback's first line, begins the next record."""
    text = printed(lambda: divide(0))
    log = f"#17 app.worker {text}#18 app.worker next\n"
    assert [formatted(parsed) for parsed in parse_tracebacks(log.splitlines())] == [text]


def test_tracebacks_that_follow_each_other_are_told_apart() -> None:
    """Each traceback in a log is found, in order, with or without something in between."""
    texts = [printed(CRASHES[name]) for name in ("division", "context", "invalid syntax", "messages", "recursion")]
    assert [formatted(parsed) for parsed in parse_tracebacks("".join(texts).splitlines())] == texts


def test_a_traceback_that_breaks_off_hides_none() -> None:
    """What follows the first frames of a traceback is found, indented or not."""
    text = printed(lambda: divide(0))
    for margin in ("", "    "):
        log = "Traceback (most recent call last):\n" + FRAME + textwrap.indent(text, margin)
        assert [formatted(parsed) for parsed in parse_tracebacks(log.splitlines())] == [text]


def test_a_traceback_is_yielded_when_the_line_after_it_was_read() -> None:
    """An endless log is read no farther than needed."""
    text = printed(raise_while_handling)
    read = []

    def lines() -> Iterator[str]:
        while True:
            for line in [*text.splitlines(), "2024-01-01 12:00:00 INFO app: next"]:
                read.append(line)
                yield line

    parsed = parse_tracebacks(lines())
    assert [formatted(next(parsed)) for _ in range(3)] == [text] * 3
    assert len(read) == 3 * (text.count("\n") + 1)


def test_a_message_without_end_is_cut() -> None:
    """No line, and no number of lines, makes the parser keep the whole log."""
    lines = itertools.chain(
        ["Traceback (most recent call last):", '  File "/srv/app.py", line 1, in f', "ValueError: one"],
        itertools.repeat("and so on"),
    )
    assert 100_000 < len(str(next(parse_tracebacks(lines))[1])) < 10_000_000


@pytest.mark.parametrize("frame", [FRAME, FRAME + "    f()\n", FRAME + "    f()\n    ~^^\n", FRAME + "    retu"])
@pytest.mark.parametrize("follower", ["", "2024-01-01 12:00:00 INFO app: next\n", "[ERROR] next\n"])
def test_a_traceback_that_was_cut_off_keeps_its_frames(frame: str, follower: str) -> None:
    """Where the log ends, or goes on with another record, before it says what was raised."""
    error = parse_one("Traceback (most recent call last):\n" + frame + "\n" * (not frame.endswith("\n")) + follower)[1]
    assert (type(error), str(error), frames(error)) == (Exception, "not in the log", [("/srv/app.py", 1, "f")])


def test_what_came_before_a_traceback_that_was_cut_off_is_chained_to_it() -> None:
    text = printed(raise_from_another)
    error = parse_one(text[: text.rindex("\n", 0, -1) + 1])[1]
    assert [found[0] for found in chain_of(error)] == ["Exception", "ZeroDivisionError"]
    assert formatted((type(error), error, error.__traceback__)).startswith(text[: text.rindex("\n", 0, -1)])


CUT_OFF_IN_A_GROUP = """\
  + Exception Group Traceback (most recent call last):
  |   File "/srv/app.py", line 1, in f
  | ExceptionGroup: two (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/srv/app.py", line 2, in g
"""


@GROUPS
def test_a_member_that_was_cut_off_is_in_its_group() -> None:
    group = parse_one(CUT_OFF_IN_A_GROUP)[1]
    assert [str(member) for member in group.exceptions] == ["not in the log"] * 2
    assert [frames(member) for member in group.exceptions] == [[("/srv/app.py", 2, "g")], []]


# ---------------------------------------------------------------------------------------------------------------------
# What this process has under the names in a log
# ---------------------------------------------------------------------------------------------------------------------


def test_a_file_that_has_changed_stays_what_it_is_for_others(tmp_path: pathlib.Path) -> None:
    """What else is printed, and read by linecache, has the lines of the file that is here."""
    path = tmp_path / "app.py"
    path.write_text("changed = 1\n" * 1000)
    moved = printed(raise_in_several_lines).replace(__file__, str(path))
    parsed = parse_one(moved)
    assert linecache.getlines(str(path)) == ["changed = 1\n"] * 1000
    assert formatted(parsed) == moved
    assert linecache.getlines(str(path)) == ["changed = 1\n"] * 1000
    assert parsed[2].tb_next.tb_frame.f_code.co_filename == str(path)


def test_text_that_is_no_file_stays_what_it_is_for_others() -> None:
    """Other code that was executed goes by the name "<string>" too."""
    text = (
        "Traceback (most recent call last):\n" + FRAME.replace("/srv/app.py", "<string>") + "    old()\nValueError: x\n"
    )
    linecache.cache["<string>"] = (6, None, ["new()\n"], "<string>")
    assert formatted(parse_one(text)) == text
    assert linecache.getline("<string>", 1) == "new()\n"


def test_a_relative_name_in_a_log_is_not_the_file_of_the_current_folder(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text("mine = 1\n")
    text = "Traceback (most recent call last):\n" + FRAME.replace("/srv/", "") + "    theirs()\nValueError: x\n"
    assert formatted(parse_one(text)) == text
    assert linecache.getlines("app.py") == linecache.getlines(str(tmp_path / "app.py")) == ["mine = 1\n"]


@pytest.mark.parametrize("number", [1_000_001, 9_999_999, 2**31 - 1])
def test_lines_of_any_number_are_read(number: int) -> None:
    """Generated code may be long; its source is printed up to line 10,000,000."""
    source = "    f()\n" if number < 10_000_000 else ""
    text = f"Traceback (most recent call last):\n{FRAME.replace(' 1', f' {number}')}{source}ValueError: x\n"
    assert (formatted(parse_one(text)), parse_one(text)[2].tb_lineno) == (text, number)


# ---------------------------------------------------------------------------------------------------------------------
# Texts that are not quite what Python prints
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", ["Timeout: int = 1 / 0", "KeyError", "shop.Error: Final = f()"])
def test_what_carets_follow_is_source_where_indentation_is_stripped(source: str) -> None:
    """It looks like an exception, but the exception follows."""
    text = f"Traceback (most recent call last):\n{FRAME.lstrip()}{source}\n    ~~^~~\nZeroDivisionError: division\n"
    error = parse_one(text)[1]
    assert (type(error), str(error)) == (ZeroDivisionError, "division")
    assert [entry.line for entry in traceback.extract_tb(error.__traceback__)] == [source]


def test_carets_below_the_last_exception_are_its_message() -> None:
    text = f"Traceback (most recent call last):\n{FRAME.lstrip()}shop.ParseError: a = = b\n      ^\n"
    assert parse_one(text)[0].__qualname__ == "ParseError"


@pytest.mark.parametrize("name", [name for name in CRASHES if name != "message that begins with a line end"])
def test_stripped_indentation_keeps_the_facts(name: str) -> None:
    """Without indentation the frames, classes and messages are the same; the carets are lost."""
    text = printed(CRASHES[name])
    stripped = "".join(f"{line.lstrip()}\n" for line in text.splitlines())
    expected, actual = parse_one(text), parse_one(stripped)
    assert chain_of(actual[1], stripped=True) == chain_of(expected[1], stripped=True)


def chain_of(error: BaseException | None, *, stripped: bool = False) -> list[tuple[Any, ...]]:
    """Return what is known of an exception, those before it and those in it."""
    found, waiting = [], [error]
    while waiting:
        error = waiting.pop()
        if error is not None:
            text = re.sub(r"\n[ \t]+", "\n", str(error)) if stripped else str(error)
            found.append((type(error).__qualname__, text, frames(error)))
            waiting += [error.__cause__, error.__context__, *getattr(error, "exceptions", ())]
    return found


@pytest.mark.skipif(sys.version_info < (3, 13), reason="Python colours tracebacks since 3.13")
@pytest.mark.parametrize("name", CRASHES)
def test_colours_of_python_are_taken_off(name: str) -> None:
    """A traceback that was printed in colours is the same traceback."""
    try:
        CRASHES[name]()
    except BaseException as error:
        printer = traceback.TracebackException.from_exception(error)
        coloured, plain = "".join(printer.format(colorize=True)), "".join(printer.format())  # type: ignore[call-arg]
    assert "\x1b[" in coloured
    assert formatted(parse_one(coloured)) == plain


def test_a_traceback_from_another_process_is_a_message() -> None:
    """What multiprocessing and concurrent.futures print of a worker's traceback is the cause's message."""
    with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        text = printed(pool.submit(divide, 0).result)
    assert formatted(parse_one(text)) == text


def test_what_the_interpreter_prints_at_exit_is_parsed(tmp_path: pathlib.Path) -> None:
    """The interpreter's own printer names classes of the main module in full."""
    program = tmp_path / "app.py"
    program.write_text("class Broken(Exception):\n    pass\n\n\ndef main():\n    raise Broken('x')\n\n\nmain()\n")
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)
    assert formatted(parse_one(done.stderr)) == done.stderr


def test_surrounding_text_is_passed_over() -> None:
    """Tracebacks are found in the middle of a log that also quotes one."""
    assert formatted(parse_one(LOG)) == "".join(LOG.splitlines(keepends=True)[1:-1])


# ---------------------------------------------------------------------------------------------------------------------
# Text that only looks like a traceback
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Traceback (most recent call last):\n",
        "Traceback (most recent call last):\nValueError: x\n",
        "Traceback (most recent call last):\n\n" + FRAME + "ValueError: x\n",
        "Traceback (most recent call last):\n" + FRAME + "and then nothing more\n",
        "Traceback (most recent call last):\n" + FRAME + "done\n",
        "It said Traceback (most recent call last): and then nothing.\n" + FRAME + "ValueError: x\n",
        FRAME + "ValueError: x\n",
        '  File "/srv/app.py", line 1\n    x = = 1\n',
        '  File "/srv/app.py", line 1\nValueError: x\n',
        "ValueError: x\n\nDuring handling of the above exception, another exception occurred:\n\n",
        "Traceback (most recent call last):\n" + FRAME.replace(" 1", " 99999999999") + "ValueError: x\n",
        "+------------------------------------\n  +-+---------------- 1 ----------------\n",
    ],
)
def test_text_that_only_looks_like_a_traceback_yields_nothing(text: str) -> None:
    """A header without frames, frames without an exception, prose and quotations are no tracebacks."""
    assert [formatted(parsed) for parsed in parse_tracebacks(text.splitlines())] == []


PIECES = [*"^~|+: .\"'()\t\0\r\x0c\x1b", "\ud800", "世", "٣", "File ", "None", ", in ", "line 7", "9" * 12]


def mangled(lines: list[str], stock: list[str], generator: random.Random) -> list[str]:
    """Return lines of which some are lost, moved, cut or damaged."""
    for _ in range(generator.randrange(1, 6)):
        at = generator.randrange(len(lines) or 1)
        line = lines[at] if lines else ""
        cut = generator.randrange(len(line) + 1)
        damaged = line[:cut] + generator.choice(PIECES) + line[cut + 1 :]
        changes = [[], [generator.choice(stock), line], [damaged], [line[cut:]]]
        lines[at : at + generator.randrange(3)] = generator.choice(changes)
    return lines


def test_random_text_never_raises() -> None:
    """Whatever is done to tracebacks, what can be read of them is a traceback that prints."""
    generator = random.Random(20)
    texts = [printed(raises)[:4000] for raises in CRASHES.values()]
    stock = [line for text in texts for line in text.splitlines()]
    for _ in range(400):
        prefix = generator.choice(list(PREFIXES.values()))
        lines = [line for line in prefix(generator.choice(texts)) if isinstance(line, str)]
        for parsed in parse_tracebacks(mangled(lines, stock, generator)):
            assert formatted(parsed)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_file_that_is_no_file_is_not_read(tmp_path: pathlib.Path) -> None:
    """The names in a log open no device, pipe or folder, neither when parsed nor when printed."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for name in ("/dev/zero", pipe, tmp_path):
        assert f'File "{name}"' in formatted(parse_one(LOG.replace("/srv/shop/app.py", str(name))))
