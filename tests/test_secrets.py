"""Secrets do not get into a dump: recorded with some of every kind, then looked for in its bytes."""

from __future__ import annotations

import itertools
import pathlib
import sys
from typing import TYPE_CHECKING

import interpreters
import pytest
from test_values import evaluate

if TYPE_CHECKING:
    from collections.abc import Callable

PROGRAM = """
import os, pickle, sys
os.environ["SHOP_PASSWORD"] = "correct-horse-77"

import keeptrace

KEY = "gh" + "p_" + "a1B2" * 9

class Settings:
    region = "eu"
    secret = "of-the-" + "class"

    def __init__(self):
        self.api_key, self.name, self.token_count = "of-the-" + "instance", "shop", 5

    def __repr__(self):
        return "Settings with " + "correct-horse-" + "77"

class Slots:
    __slots__ = ("token",)

    def __init__(self):
        self.token = "of-the-" + "slot"

class Parser:
    def __init__(self):
        self.kind = "name"

class LoginError(ValueError):
    pass

def connect(url, password="of-the-" + "default"):
    settings, slots, token, token_count = Settings(), Slots(), Parser(), 3
    headers = {"Authorization": "Bearer " + "of-the-header", "Accept": "text/html"}
    pair = ("Cookie", "sid=" + "of-the-jar")
    nested = {"databases": [{"password": "of-the-" + "nesting"}]}
    text, data, editable = "use correct-horse-" + "77!", b"correct-horse-" + b"77", bytearray(b"correct-horse-77"[:])
    long, plain, keys = "y" * 65_530 + " " + KEY, ["a", KEY], {KEY: 1, "b": 2}
    path = __import__("pathlib").Path("/srv/" + KEY)
    exec("note = 'correct-horse-" + "77'")
    error = LoginError("no login with correct-horse-" + "77", {"password": "of-the-" + "argument"})
    error.api_key = "of-the-" + "attribute"
    if hasattr(error, "add_note"):
        error.add_note("tried correct-horse-" + "77")
    exec(compile("raise error # correct-horse-" + "77", "<made>", "exec"))

keeptrace.init(%s)
try:
    connect("postgres://bob:" + "of-the-url1@db/shop")
except LoginError as error:
    with open(sys.argv[1], "wb") as file:
        pickle.dump(error, file)
"""

SECRETS = [
    "correct-horse-77",
    "a1B2a1B2a1B2",
    *(f"of-the-{where}" for where in ("class", "instance", "slot", "default", "header", "jar", "nesting")),
    *(f"of-the-{where}" for where in ("url1", "argument", "attribute")),
]
SETTINGS = ["", "depth=-1", "depth=1", "reprs=True", "pickler=pickle", "include_source=False"]


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], pathlib.Path]:
    """`dump(settings)`: the path of the crash, recorded with these settings."""
    numbers = itertools.count()
    paths: dict[str, pathlib.Path] = {}

    def dump(settings: str) -> pathlib.Path:
        if settings not in paths:
            paths[settings] = tmp_path_factory.mktemp("secrets") / f"{next(numbers)}.pkl"
            interpreters.record(PROGRAM % settings, paths[settings])
        return paths[settings]

    return dump


@pytest.mark.parametrize("settings", SETTINGS)
def test_no_secret_is_in_the_dump(dump: Callable[[str], pathlib.Path], settings: str) -> None:
    """Not by name, not by shape, not out of the environment; not in texts, bytes, blobs, representations or messages.

    The source of files is not looked at: what is hard-coded in this program, but for three, stands there in two parts.
    """
    data = pathlib.Path(dump(settings)).read_bytes()
    hard_coded = PROGRAM.encode() if settings != "include_source=False" else b""
    found = [secret for secret in SECRETS if data.count(secret.encode()) > hard_coded.count(secret.encode())]
    assert found == []


def test_without_redaction_all_of_them_are_there(dump: Callable[[str], pathlib.Path]) -> None:
    """redact=False turns it off: what is asserted above is not so by itself."""
    data = pathlib.Path(dump("redact=False, depth=-1")).read_bytes()
    assert [secret for secret in SECRETS if secret.encode() not in data] == []


def test_a_marker_says_which_rule_hid_how_much(dump: Callable[[str], pathlib.Path]) -> None:
    """What is hidden is shown as such, and the text around it stays."""
    assert evaluate_outside(dump(""), "password", "text", "data", "url", "headers") == [
        "'<redacted: name password, 14 characters>'",
        "'use <redacted: environment variable SHOP_PASSWORD, 16 characters>!'",
        "b'<redacted: environment variable SHOP_PASSWORD, 16 bytes>'",
        "'postgres://bob:<redacted: URL password, 11 characters>@db/shop'",
        "{'Authorization': '<redacted: name authorization, 20 characters>', 'Accept': 'text/html'}",
    ]


def test_only_text_is_hidden(dump: Callable[[str], pathlib.Path]) -> None:
    """A parser's token is no secret, nor is a number of tokens."""
    actual = evaluate_outside(dump(""), "token.kind", "token_count", "settings.token_count", "settings.name")
    assert actual == ["'name'", "3", "5", "'shop'"]


def evaluate_outside(path: pathlib.Path, *expressions: str) -> list[str]:
    """Evaluate in the frame of connect(), one outside the text that raised."""
    code = f"""
frame = restored.__traceback__.tb_next.tb_frame
for expression in {expressions!r}:
    print(repr(eval(expression, frame.f_globals, frame.f_locals)))
"""
    return interpreters.load(sys.executable, path, code).splitlines()


def test_a_redactor_adjusts_what_is_hidden(tmp_path: pathlib.Path) -> None:
    """More names, more patterns, and what is allowed."""
    program = """
import pickle, sys, keeptrace
def crash():
    pin, order, password = "1234", "order ORD-5577 of Bob", "not-so-secret"
    raise ValueError
redactor = keeptrace.Redactor(names=["pin"], patterns={"order": r"ORD-\\d+"}, allow=["password"])
keeptrace.init(redact=redactor)
try:
    crash()
except ValueError as error:
    with open(sys.argv[1], "wb") as file:
        pickle.dump(error, file)
"""
    path = tmp_path / "crash.pkl"
    interpreters.record(program, path)
    assert evaluate(path, "pin", "order", "password") == [
        "'<redacted: name pin, 4 characters>'",
        "'order <redacted: order, 8 characters> of Bob'",
        "'not-so-secret'",
    ]
