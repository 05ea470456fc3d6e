"""Stands before the functions that pickle: an exception whose class came after init() is registered when they get it.

copyreg knows exact types only, and Python tells nobody that a class was made. So dump() and dumps() of pickle,
cloudpickle and dill are functions of ours that look at the type of what they are given, and where it is a list, tuple
or dict, at the types of what it holds first; they then call the function that was there.
"""

from __future__ import annotations

import functools
import itertools
import sys
import types
import weakref

from keeptrace.watching import Watch

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

NAMES = ("dump", "dumps")
MODULES = ("cloudpickle.cloudpickle", "cloudpickle", "dill._dill", "dill", "pickle")
LOOKED_AT = 100  # items of a container
PLAIN = frozenset([bool, bytearray, bytes, complex, float, int, str, type(None)])
"""Types that are neither exceptions nor looked into. A pickler hashes the type of what it is given, as we do."""

_register: Callable[[type], None] | None = None
_before: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
"""The functions before which ours stand, by ours."""


def stand_before(register: Callable[[type], None]) -> None:
    """Have a function called with the class of each exception that is about to be pickled; at once, or still."""
    global _register  # noqa: PLW0603 (what init() sets holds for the process)
    _register = register
    _watch.start()


def take_back() -> None:
    """Put the other functions back; where somebody has put one before ours, ours does nothing from now on."""
    global _register  # noqa: PLW0603 (see stand_before)
    _register = None
    _watch.stop()
    for module in [found for found in map(sys.modules.get, MODULES) if isinstance(found, types.ModuleType)]:
        for name in NAMES:
            before = before_which(vars(module).get(name))
            if before is not None:
                setattr(module, name, before)


def put_into(module: types.ModuleType) -> None:
    """Put functions of ours into a module that pickles, where they do not stand there yet."""
    for name in NAMES if _register is not None else ():
        function = vars(module).get(name)
        if function is not None and before_which(function) is None:
            setattr(module, name, one_before(function, module.__name__))


def before_which(function: Any) -> Any:
    """Return the function before which one of ours stands; None for any other."""
    return next((_before.get(ours) for ours in all_of_ours() if ours is function), None)


def all_of_ours() -> list[Any]:
    """Return the functions of ours that there are; other threads may add some meanwhile."""
    found = [reference() for reference in _before.keyrefs()]
    return [ours for ours in found if ours is not None]


def one_before(function: Any, module: str) -> Any:
    """Return the function of ours that stands before another: one, wherever the other is."""
    ours = next((ours for ours in all_of_ours() if _before.get(ours) is function), None)
    if ours is None:
        ours = looking(function) if type(function) is types.FunctionType else standing(function, module)
        _before[ours] = function
    return ours


def looking(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that looks at what it is given, and calls another."""

    @functools.wraps(function)
    def pickling(obj: Any, *arguments: Any, **keywords: Any) -> Any:
        if type(obj) not in PLAIN:
            look_at(obj)
        return function(obj, *arguments, **keywords)

    return pickling


def quickly_looking(dumps: Callable[..., Any]) -> Callable[..., Any]:
    """Do the same for pickle.dumps(), which takes so little time that it shows.

    Python's own takes the last two arguments by keyword only: that alone would take a quarter of the time.
    """

    @functools.wraps(dumps)
    def pickling(obj: Any, protocol: Any = None, fix_imports: Any = True, buffer_callback: Any = None) -> Any:
        if type(obj) not in PLAIN:
            look_at(obj)
        if fix_imports and buffer_callback is None:
            return dumps(obj, protocol)
        return dumps(obj, protocol, fix_imports=fix_imports, buffer_callback=buffer_callback)

    return pickling


class Unbound(functools.partial):  # type: ignore[type-arg]  # typing is heavy
    """A partial that is no method of the class that has it, as all were before Python 3.14 (3.13 warns)."""

    def __get__(self, obj: Any, cls: Any = None) -> Any:
        return self


PARTIAL = functools.partial if sys.version_info < (3, 12) else Unbound  # there calling a derived one takes longer


def standing(function: Callable[..., Any], module: str) -> Callable[..., Any]:
    """Return what can stand for a function that is C code: no method where a class has it, and pickled by its name."""
    is_quick = type(function) is types.BuiltinFunctionType and function.__name__ == "dumps"
    inner = (quickly_looking if is_quick else looking)(function)
    inner.__module__, inner.__qualname__ = __name__, f"{module}_{function.__name__}"  # see __getattr__
    ours = PARTIAL(inner)
    functools.update_wrapper(ours, function)
    vars(ours).update(__module__=module, __reduce_ex__=lambda protocol: function.__name__)
    return ours


def __getattr__(name: str) -> Any:
    """Return the function in what stands before one of pickle's: multiprocessing sends partials as what is in them."""
    module, _, function = name.partition("_")
    if module != "pickle" or function not in NAMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = vars(sys.modules[module])[function]
    return (found if before_which(found) is not None else one_before(found, module)).func


def look_at(obj: Any) -> None:
    """See to it that the classes of exceptions are registered: of the object, or of the first items of a container."""
    cls = type(obj)
    if cls is list or cls is tuple:  # nearly always of plain values: of all that is done here this takes longest
        if not are_plain(map(type, obj[:LOOKED_AT])):
            see_to(map(type, obj[:LOOKED_AT]))
    elif issubclass(cls, BaseException):
        see_to([cls])
    else:
        for base, items in HOLDING:
            if issubclass(cls, base):
                see_to(map(type, itertools.islice(items(obj), LOOKED_AT)))


are_plain = PLAIN.issuperset
HOLDING: tuple[tuple[type, Callable[[Any], Any]], ...] = (
    (dict, dict.values), (list, list.__iter__), (tuple, tuple.__iter__),
)  # fmt: skip


def see_to(classes: Iterable[type]) -> None:
    register = _register  # uninit() may take it away meanwhile
    for cls in {*classes} - PLAIN:
        if register is not None and issubclass(cls, BaseException):
            register(cls)


_watch = Watch(dict.fromkeys(MODULES, put_into))
