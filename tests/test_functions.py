"""What classes hold, functions above all: what is remembered of them is never what they were in an earlier crash."""

from __future__ import annotations
import __future__

import gc
import inspect
import itertools
import operator
import sys
import threading
import types
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

import keeptrace
from keeptrace.record import classes, functions, loop
from keeptrace.record.redactor import default_redactor
from keeptrace.record.settings import Settings
from keeptrace.restore import restore

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.live_stack


def new_class() -> Any:
    class Held:
        """Is documented."""

        color = "red"

        def plain(self, first: int, second: str = "two", *, third: bool = True) -> None:
            """Do nothing."""

        def alike(self, items: Any = ()) -> None: ...

        also_plain = plain

    return Held


def restored(values: Any, **settings: Any) -> Any:
    """Return the attributes of an error as they come back from a recording."""
    error: Any = ValueError("the message")
    error.values = values
    table = loop.record_table(error, Settings(**{"redactor": default_redactor(), **settings}), None).table
    return restore(table)[0].values


def other(self: Any, first: int, second: str = "other") -> None:
    """Is another."""


def replace_code(cls: Any) -> None:
    cls.plain.__code__ = other.__code__


def replace_defaults(cls: Any) -> None:
    cls.plain.__defaults__ = ("changed",)


def replace_keywords(cls: Any) -> None:
    cls.plain.__kwdefaults__ = {"third": 3}


def replace_documentation(cls: Any) -> None:
    cls.plain.__doc__ = "Do something."


def rename(cls: Any) -> None:
    cls.plain.__name__ = "renamed"


def rename_class(cls: Any) -> None:
    cls.__name__ = "Renamed"


def requalify_class(cls: Any) -> None:
    cls.__qualname__ = "Renamed"


def give_attribute(cls: Any) -> None:
    cls.plain.cost = 5


def replace_method(cls: Any) -> None:
    cls.plain = other


def remove_method(cls: Any) -> None:
    del cls.plain


def add_method(cls: Any) -> None:
    cls.more = other


def replace_attribute(cls: Any) -> None:
    cls.color = "blue"


CHANGES = [
    replace_code,
    replace_defaults,
    replace_keywords,
    replace_documentation,
    rename,
    rename_class,
    requalify_class,
    give_attribute,
    replace_method,
    remove_method,
    add_method,
    replace_attribute,
]


def described(cls: Any) -> dict[str, Any]:
    """Return what a class's mock shows of what it holds."""
    held = {name: facts(value) for name, value in vars(cls).items() if not name.startswith("__")}
    return {**held, "__name__": cls.__name__, "__qualname__": cls.__qualname__}


def facts(value: Any) -> Any:
    if not isinstance(value, types.FunctionType):
        return value
    code, attributes = value.__code__, {name: each for name, each in vars(value).items() if name != "__keeptrace__"}
    parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    defaults = [value if type(value) is str else type(value).__name__ for value in value.__defaults__ or ()]
    return value.__name__, value.__doc__, parameters, defaults, value.__kwdefaults__, attributes


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_what_is_changed_between_two_crashes_is_as_it_is_then(change: Callable[[Any], None]) -> None:
    cls = new_class()
    before = described(type(restored(cls())))
    assert before == described(cls)
    change(cls)
    after = described(type(restored(cls())))
    assert after == described(cls)
    assert after != before


def test_methods_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Any] = []
    original = functions.Methods.__init__

    def init(self: Any, *arguments: Any) -> None:
        made.append(arguments)
        original(self, *arguments)

    monkeypatch.setattr(functions.Methods, "__init__", init)
    cls = new_class()
    for _ in range(3):
        restored([cls(), cls()])
    assert len(made) == 1


def test_a_method_is_one_function_wherever_it_is() -> None:
    cls = new_class()
    function, mock, bound = restored([cls.plain, cls(), cls().plain])
    assert type(mock).plain is type(mock).also_plain is function is bound.__func__
    mock, bound, function = restored([cls(), cls().plain, cls.plain])
    assert type(mock).plain is type(mock).also_plain is function is bound.__func__


def test_methods_have_the_globals_of_their_module() -> None:
    function = restored([new_class()()])[0].plain.__func__
    assert function.__module__ == __name__
    namespace: dict[str, Any] = {"__name__": "elsewhere"}
    exec("class Held:\n def method(self): return 1 / 0\n def other(self): ...\ndef run(): Held().method()", namespace)
    with pytest.raises(ZeroDivisionError) as caught:
        namespace["run"]()
    table = loop.record_table(caught.value, Settings(redactor=default_redactor()), None).table
    last: Any = restore(table)[0].__traceback__
    while last.tb_next is not None:
        last = last.tb_next
    found = last.tb_frame.f_locals["self"].other.__func__
    assert found.__globals__["__name__"] == "elsewhere"


@pytest.mark.parametrize("default", ["hunter2 is secret", "short", b"bytes!!", 1234567])
def test_a_secret_default_is_hidden_by_each_redactor(default: Any) -> None:
    class Account:
        def login(self, name: str = "me", pin: Any = default) -> None: ...

    hidden = keeptrace.Redactor(names=["pin"])
    for redactor, is_hidden in [(hidden, True), (None, False), (hidden, True), (default_redactor(), False)]:
        (found,) = restored([Account()], redactor=redactor)
        assert (found.login.__defaults__[1] != default) is (is_hidden and not isinstance(default, int))
        assert found.login.__defaults__[0] == "me"


def test_a_default_that_is_a_secret_of_the_environment_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    class Account:
        def login(self, value: str = "correct-horse-battery") -> None: ...

    assert restored(Account()).login.__defaults__ == ("correct-horse-battery",)
    monkeypatch.setenv("DB_PASSWORD", "correct-horse-battery")
    assert "correct-horse" not in str(restored(Account()).login.__defaults__)


def test_docstrings_and_annotations_are_kept_but_for_those_of_libraries() -> None:
    class Derived(pytest.MonkeyPatch):  # type: ignore[misc]  # it is final
        """The application's own."""

        def undo(self) -> None:
            """Too."""

    library, own = restored([pytest.MonkeyPatch(), Derived()])
    assert (type(library).__doc__, library.undo.__doc__, own.setattr.__doc__) == (None, None, None)
    assert (type(own).__doc__, own.undo.__doc__) == ("The application's own.", "Too.")
    assert (library.undo.__annotations__, own.setattr.__annotations__) == ({}, {})
    assert own.undo.__annotations__ == ({} if sys.version_info >= (3, 14) else {"return": "None"})
    assert list(inspect.signature(library.setenv).parameters) == ["name", "value", "prepend"]


def test_a_limit_of_objects_counts_methods() -> None:
    limits = keeptrace.Limits(objects=3)
    cls = new_class()
    assert len(described(cls)) > 3
    found = restored(cls(), limits=limits)
    assert sum(isinstance(value, types.FunctionType) for value in vars(type(found)).values()) <= 3


def test_classes_share_methods_that_were_given_to_both() -> None:
    first, second = new_class(), new_class()
    second.plain = first.plain
    one, two = restored([first(), second()])
    assert type(one).plain is type(two).plain
    assert type(one).alike is not type(two).alike


def test_classes_change_while_they_are_recorded() -> None:
    cls, stop = new_class(), threading.Event()

    def change() -> None:
        while not stop.is_set():
            cls.plain = other
            cls.plain = 5
            del cls.plain
            cls.plain = new_class().plain

    thread = threading.Thread(target=change)
    thread.start()
    try:
        found = [restored([cls(), cls()]) for _ in range(50)]
    finally:
        stop.set()
        thread.join()
    assert all(one.color == "red" for one, _ in found)


@pytest.mark.parametrize(("depth", "is_whole"), [(5, False), (9, False), (-1, True)])
def test_objects_that_a_class_holds_are_shown_and_containers_kept(depth: int, is_whole: bool) -> None:
    """However deep variables are opened, unless that is without limit."""

    class Manager:
        def __init__(self) -> None:
            self.model = "order"

    class Order:
        manager = Manager()
        states: ClassVar = {"new": 1, "paid": [2]}

        def __init__(self) -> None:
            self.manager_of_this = Manager()

    found = restored([Order(), Order()], depth=depth)
    cls = type(found[0])
    assert ("model" in vars(cls.manager)) is is_whole
    assert type(cls.manager).__name__ == "Manager"
    assert cls.states["new"] == 1
    assert (cls.states["paid"] == [2]) is is_whole
    assert "[2]" in repr(cls.states["paid"])


def test_what_future_imports_leave_in_a_module_is_the_standard_librarys_own() -> None:
    """It is in most modules: it takes no class and no object of its own."""
    given = [__future__.annotations, __future__.division]
    assert restored(given, depth=2) == restored(given) == given


def test_what_is_gone_is_forgotten() -> None:
    """Classes and functions that a program makes anew for each request, say."""
    sizes = []
    for _ in range(4):
        restored([new_class()() for _ in range(20)] + [lambda: None for _ in range(20)])
        gc.collect()
        sizes.append([len(kept) for kept in (classes.KNOWN, functions.METHODS, functions.HEADS)])
    for earlier, later in itertools.pairwise(sizes[1:]):  # garbage of other tests may go meanwhile
        assert all(map(operator.le, later, earlier)), sizes
