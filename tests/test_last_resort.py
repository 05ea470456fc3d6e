"""Recording that fails: what failed is a marker, or is missing with a word why; the stack and the message are there."""

from __future__ import annotations

import functools
import gc
import importlib
import importlib.util
import inspect
import pathlib
import pickle
import pkgutil
import sys
import traceback
from typing import TYPE_CHECKING, Any

import pytest

import keeptrace
import keeptrace.record
from keeptrace.record import foreign, last_resort, loop, redaction, redactor, shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

STACK = ["caught", *["deeper"] * 4, "fail"]


def sample() -> Any:
    path = pathlib.Path(__file__).parent / "samples" / "orders.py"
    spec: Any = importlib.util.spec_from_file_location("orders", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ORDERS = sample()


def places() -> Iterator[tuple[Any, str]]:
    """Yield every function and method of the recorder, by what holds it."""
    for found in pkgutil.iter_modules(keeptrace.record.__path__, "keeptrace.record."):
        module: Any = importlib.import_module(found.name)
        classes = [cls for _, cls in inspect.getmembers(module, inspect.isclass) if cls.__module__ == found.name]
        for holder in (module, *classes):
            for name, value in vars(holder).items():
                if inspect.isfunction(value) and value.__module__ == found.name:
                    yield holder, name


RECORDER = [
    pytest.param(holder, name, id=f"{holder.__name__.removeprefix('keeptrace.record.')}.{name}")
    for holder, name in places()
    if holder is not foreign and not holder.__name__.endswith(("last_resort", "registry.register"))
]


LOOKS_FOR_SECRETS = [
    *(module.__name__ for module in (redaction, redactor, shapes)),
    *(cls.__name__ for cls in (redaction.Redaction, redactor.Redactor)),
]
"""Without these the message is left out."""


@pytest.fixture(autouse=True)
def production(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Swallow what fails, as outside of tests."""
    monkeypatch.setattr(foreign, "RERAISE", False)
    keeptrace.init()
    yield
    keeptrace.uninit()


def names(error: BaseException) -> list[str]:
    return [frame.name for frame in traceback.extract_tb(error.__traceback__)]


@pytest.mark.parametrize("calls", [0, 3])
@pytest.mark.parametrize(("holder", "name"), RECORDER)
def test_a_failure_anywhere_leaves_a_crash(holder: Any, name: str, calls: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever function of the recorder fails from a call on: the stack is there, the secrets are not."""
    error, working, left = ORDERS.crash(), getattr(holder, name), [calls]

    @functools.wraps(working)
    def failing(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise MemoryError("injected")
        return working(*arguments, **named)

    monkeypatch.setattr(holder, name, failing)
    data = pickle.dumps(error)
    monkeypatch.undo()
    assert gc.isenabled()
    assert not any(secret.encode() in data for secret in (ORDERS.PASSWORD, ORDERS.KEY))
    restored = keeptrace.load(data)
    assert isinstance(restored, Exception)
    assert names(restored) == STACK
    if holder.__name__ not in LOOKS_FOR_SECRETS:
        assert "no row" in str(restored)


def test_the_note_says_what_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    error = ORDERS.crash()
    monkeypatch.setattr(loop, "start", None)
    restored = pickle.loads(pickle.dumps(error))
    assert restored.__notes__ == ["keeptrace could not record more: TypeError"]


@pytest.mark.parametrize("part", [lambda error: error, lambda error: error.__traceback__])
def test_of_a_deep_stack_the_inner_end_is_left(part: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit + 3_000)
    try:
        error = ORDERS.crash(2_500)
        monkeypatch.setattr(loop, "run", None)
        restored = pickle.loads(pickle.dumps(part(error)))
    finally:
        sys.setrecursionlimit(limit)
    stack = traceback.extract_tb(getattr(restored, "__traceback__", restored))
    assert [frame.name for frame in stack] == [*["deeper"] * 999, "fail"]


def test_what_holds_the_secrets_is_left_out_where_they_cannot_be_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    error = ORDERS.crash()
    monkeypatch.setattr(keeptrace.Redactor, "literals", None)
    restored = pickle.loads(pickle.dumps(error))
    assert str(restored) == "<28 characters, in which no secrets could be looked for>"


@pytest.mark.parametrize("text", ["the message", "maximum recursion depth exceeded", "Don't (at 5)!", ""])
def test_words_are_no_secret(text: str) -> None:
    assert last_resort.is_words(text)


@pytest.mark.parametrize("text", ["password=oslo", "a: b", "correcthorsebatterystaple", "Ab3dEf6hIj", "1234567"])
def test_what_may_be_a_secret_is_no_word(text: str) -> None:
    assert not last_resort.is_words(text)
