"""What recording changes in the program: each function marked @effect returns what it found changed (nothing should be).

Run as a program, it prints {name of the effect: what changed} as JSON.
"""

import collections
import contextlib
import contextvars
import copy
import decimal
import gc
import io
import itertools
import json
import linecache
import locale
import pathlib
import pickle
import signal
import sys
import tempfile
import threading
import time
import types
import warnings
import weakref

import keeptrace
import keeptrace.record

EFFECTS = {}


def effect(function):
    EFFECTS[function.__name__] = function
    return function


class Thing:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


def fail(thing):
    mine = [thing]
    raise ValueError("the message", len(mine))


def crashed(*things):
    """Return the exception of a crash among things, from a thread of its own."""
    errors = []

    def call():
        try:
            fail(things)
        except ValueError as error:
            errors.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    thread.join()
    return errors.pop()


def dump(error, depth=-1):
    keeptrace.init(depth=depth)
    return pickle.dumps(error)


def changes(before, after):
    return [f"{one!r:.200} became {other!r:.200}" for one, other in zip(before, after) if one != other]


def state_of_the_process():
    return [
        gc.isenabled(), gc.get_threshold(), gc.get_freeze_count(), sys.getrecursionlimit(), sys.getswitchinterval(),
        sys.excepthook, sys.unraisablehook, threading.excepthook, sys.displayhook, sys.gettrace(), sys.getprofile(),
        {number: signal.getsignal(number) for number in signal.valid_signals()}, warnings.filters[:], sys.stdout,
        sys.stderr, locale.setlocale(locale.LC_ALL), decimal.getcontext().flags.copy(), sys.path[:], sys.meta_path[:],
        threading.stack_size(), dict(contextvars.copy_context()), sys.exc_info(), list(sys.warnoptions),
    ]  # fmt: skip


@effect
def state():
    error = crashed(decimal.Decimal("1.50"), Thing(a=1))
    keeptrace.init()
    before = state_of_the_process()
    dump(error)
    found = changes(before, state_of_the_process())
    gc.disable()
    dump(error)
    found += ["gc was enabled"] if gc.isenabled() else []
    gc.enable()
    try:
        raise KeyError
    except KeyError as handled:
        dump(error)
        found += ["the current exception changed"] if sys.exc_info()[1] is not handled else []
    return found


@effect
def context_variables():
    error, found = crashed(decimal.Decimal("1.50")), []

    def in_new_context():
        dump(error)
        found.extend(str(variable) for variable in contextvars.copy_context())

    contextvars.Context().run(in_new_context)
    return found


@effect
def imports():
    keeptrace.init()
    error, before = crashed(pathlib.Path("x"), decimal.Decimal(1), Thing()), set(sys.modules)
    pickle.dumps(error)
    return sorted(set(sys.modules) - before)


@effect
def output_and_warnings():
    error, out = crashed(Thing()), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        dump(error)
    return [out.getvalue(), *map(str, told)] if out.getvalue() or told else []


def everything():
    """Return things whose attributes might be cached, counted or filled when they are looked at."""

    async def waiting():
        await None

    thing = Thing(a=[1, {2}], b={"c": Thing(d=1)})
    thing.itself = thing
    half = copy.copy(thing)
    return [
        thing, half, collections.Counter("aab"), collections.defaultdict(list, {"a": [1]}), decimal.Decimal("1.5"),
        types.SimpleNamespace(a=1), collections.ChainMap({1: 2}), collections.UserDict(a=1), threading.Lock(),
        threading.Event(), lambda a, b=1: a, Thing, contextvars.ContextVar("v"), io.StringIO("text"), {"a": 1}.items(),
    ]  # fmt: skip


def attributes_of(thing, seen):
    """Return all that can be reached through attributes and elements, with identities."""
    if isinstance(thing, types.MappingProxyType):  # a class's, made anew whenever it is asked for
        return [(name, id(value)) for name, value in thing.items()]
    if id(thing) in seen or len(seen) > 5000:
        return id(thing)
    seen.add(id(thing))
    if isinstance(thing, dict):
        return id(thing), [(attributes_of(key, seen), attributes_of(thing[key], seen)) for key in list(thing)]
    if isinstance(thing, (list, tuple, set, frozenset)):
        return id(thing), [attributes_of(each, seen) for each in list(thing)]
    slots = [name for base in type(thing).__mro__ for name in getattr(base, "__slots__", ()) if isinstance(name, str)]
    values = [(name, attributes_of(getattr(thing, name), seen)) for name in slots if hasattr(thing, name)]
    return id(thing), sorted(values), attributes_of(getattr(thing, "__dict__", None), seen)


@effect
def attributes():
    things = everything()
    error = crashed(*things)
    vars(error)  # Python makes it when it is first asked for
    things.append(error)
    before = attributes_of(things, set())
    for depth in (1, 2, 3, -1):
        dump(error, depth)
    return [] if before == attributes_of(things, set()) else ["an attribute changed"]


@effect
def attributes_of_paths():
    paths = [pathlib.PurePosixPath("a", "b"), pathlib.Path("c/d")]
    slots = {name for path in paths for base in type(path).__mro__ for name in getattr(base, "__slots__", ())}
    before = [(name, hasattr(path, name)) for path in paths for name in sorted(slots)]
    dump(crashed(*paths))
    return changes(before, [(name, hasattr(path, name)) for path in paths for name in sorted(slots)])


@effect
def iterators_and_files():
    def numbers():
        yield from range(5)

    async def stream():
        yield 1

    async def waiting():
        await stream().__anext__()

    generator, iterator, counting, coroutine = numbers(), iter([1, 2, 3]), itertools.count(5), waiting()
    next(generator), next(iterator)
    with tempfile.TemporaryFile("w+") as file:
        file.write("some text")
        file.seek(4)
        lock, buffer = threading.Lock(), io.BytesIO(b"bytes")
        buffer.read(2)
        error = crashed(generator, iterator, counting, coroutine, file, lock, buffer, zip([1]), map(str, [1]), stream())
        dump(error)
        after = [next(generator), next(iterator), next(counting), coroutine.cr_frame is not None, file.tell()]
        found = changes([1, 2, 5, True, 4, False, 2], [*after, lock.locked(), buffer.tell()])
    coroutine.close()
    return found


@effect
def source_cache():
    linecache.cache["never asked"] = lazy = (lambda: 1 / 0,)
    linecache.cache["<here>"] = here = (4, None, ["text"], "<here>")
    error, before = crashed(), set(linecache.cache)
    dump(error)
    kept = linecache.cache["never asked"] is lazy and linecache.cache["<here>"] is here
    files = {tb.tb_frame.f_code.co_filename for tb in [error.__traceback__]} | {threading.__file__}
    more = [name for name in set(linecache.cache) - before if name not in files]
    return more + ([] if kept else ["an entry was replaced"])


def let_go():
    """Return weak references that recording must not keep alive, and what keeps the frames that held them."""
    references, releases, found = [], [], []

    def live():
        thing = Thing(large=[1])
        cell = Thing(large=[2])
        references.extend([weakref.ref(thing), weakref.ref(cell)])
        error = crashed(thing)
        pickle.dumps([sys._getframe(), error])
        del thing, cell, error
        gc.collect()
        found.extend("a live frame keeps a variable" for reference in references if reference() is not None)
        return lambda: cell  # noqa: F821

    live()
    return found


@effect
def what_live_frames_let_go():
    keeptrace.init()
    return let_go()


@effect
def what_is_let_go_after_the_pickle():
    thing = Thing(large=[1])
    keeptrace.init()
    error = crashed(thing)
    counts = sys.getrefcount(thing), sys.getrefcount(error), sys.getrefcount(error.__traceback__.tb_frame)
    dump(error)
    gc.collect()
    after = sys.getrefcount(thing), sys.getrefcount(error), sys.getrefcount(error.__traceback__.tb_frame)
    found = changes(counts, after)
    reference, frame = weakref.ref(thing), error.__traceback__.tb_next.tb_frame
    del error, thing, frame
    gc.collect()
    return found + (["the crash is still alive"] if reference() is not None else [])


@effect
def variables_that_others_hold():
    """locals() that somebody keeps stay what they are, and so do variables in a frame that is traced."""
    keeptrace.init()
    found = []

    def holding():
        variable = 1
        kept = locals()
        pickle.dumps(crashed())
        pickle.dumps([sys._getframe(), crashed()])
        found.extend([] if kept["variable"] == variable else ["locals() was emptied"])

    def traced():
        variable = 1
        sys.settrace(trace)
        inner = 2
        inner = 3
        sys.settrace(None)
        found.extend([] if (variable, inner) == (1, 3) else ["a traced frame lost its variables"])

    def trace(frame, event, argument):
        pickle.dumps(sys._getframe())
        return trace

    holding()
    traced()
    return found


@effect
def threads():
    class Telling(ValueError):
        def __str__(self):
            return "telling"

    keeptrace.init()
    error = crashed()
    error.__context__ = Telling()
    before = threading.active_count(), len(sys._current_frames())
    for _ in range(20):
        pickle.dumps(error)
    deadline = time.monotonic() + 5
    while len(sys._current_frames()) > before[1] and time.monotonic() < deadline:
        time.sleep(0.01)
    return changes(before, (threading.active_count(), len(sys._current_frames())))


def main():
    only = sys.argv[1:] or EFFECTS
    print(json.dumps({name: EFFECTS[name]() for name in only}))


if __name__ == "__main__":
    main()
