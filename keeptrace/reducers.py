"""init() and uninit(): which types are registered with copyreg, and what each reducer returns.

A reducer returns `(operator.getitem, (snapshot, index))`: one snapshot covers a whole crash, and every reducer that is
called for a part of that crash in the same pickling finds it again, since the pickler's memo keeps the snapshot alive
exactly as long as the pickling lasts. The snapshot itself reduces to the restorer called with its table.
"""

from __future__ import annotations

import _thread
import copyreg
import functools
import operator
import pickle
import sys
import types
import weakref
from typing import Any, Callable

Reducer = Callable[[Any], Any]

TRANSPORTS = frozenset(
    [
        "billiard", "celery", "concurrent", "copy", "dask", "distributed", "joblib", "loky", "mpi4py", "multiprocess",
        "multiprocessing", "pebble", "ray", "torch",
    ]
)  # fmt: skip
"""Packages that copy objects or send them to other processes: for them pickling stays as it was."""

PICKLERS = frozenset(["_compat_pickle", "cloudpickle", "copyreg", "dill", "keeptrace", "pickle"])
STACK_TYPES = (types.TracebackType, types.FrameType, types.CodeType)

_settings: Any = None
_replaced: dict[type, Reducer | None] = {}
_picklings: weakref.WeakValueDictionary[int, Pickling] = weakref.WeakValueDictionary()


def init(
    pickler: Any = None,
    depth: int = 3,
    include_source: bool = True,
    *,
    exceptions: bool = True,
    reprs: bool = False,
    limits: Any = None,
) -> None:
    """Register reducers, so that pickling an exception, traceback, frame or code object records the crash.

    Call it again to replace the settings, and to register the exception classes defined since.

    pickler: None, or what makes blobs of single values: a module or object with dumps (pickle, cloudpickle, dill), or
        a callable that returns bytes.
    depth: how far variables are opened: 0 none, 1 as representations, n with n-1 levels below them, -1 without limit.
    include_source: keep the text of every file in the stack.
    exceptions: register every exception class that exists now; else only tracebacks, frames and code objects.
    reprs: ask objects of the application for their own repr(), under the time limit.
    limits: a keeptrace.Limits; None means Limits().

    Raises TypeError or ValueError for anything else.
    """
    from keeptrace.record import Limits, Settings  # heavy: import keeptrace happens at every start-up

    check_pickler(pickler)
    check_depth(depth)
    for name, flag in (("include_source", include_source), ("exceptions", exceptions), ("reprs", reprs)):
        if not isinstance(flag, bool):
            raise TypeError(f"init({name}={flag!r}): True or False is expected")
    if limits is not None and not isinstance(limits, Limits):
        raise TypeError(f"init(limits={limits!r}): a keeptrace.Limits or None is expected")
    global _settings
    _settings = Settings(pickler, depth, include_source, reprs, limits or Limits())
    restorer_source()
    uninstall()
    install(STACK_TYPES)
    if exceptions:
        install(exception_classes())


def uninit() -> None:
    """Take back what init() did: copyreg is as it was before."""
    global _settings
    uninstall()
    _settings = None


def check_pickler(pickler: Any) -> None:
    if pickler is not None and not callable(pickler) and not callable(getattr(pickler, "dumps", None)):
        raise TypeError(
            f"init(pickler={pickler!r}): None, a module or object with dumps(), or a callable returning bytes is expected"
        )


def check_depth(depth: Any) -> None:
    if not isinstance(depth, int) or isinstance(depth, bool):
        raise TypeError(f"init(depth={depth!r}): an integer is expected, -1 for no limit")
    if depth < -1:
        raise ValueError(f"init(depth={depth!r}): 0 or more is expected, or -1 for no limit")


def exception_classes() -> list[type]:
    """Return every exception class that exists."""
    found: dict[type, None] = {}
    waiting: list[type] = [BaseException]
    while waiting:
        cls = waiting.pop()
        if cls not in found:
            found[cls] = None
            waiting.extend(type.__subclasses__(cls))
    return list(found)


def install(classes: Any) -> None:
    for cls in classes:
        previous = copyreg.dispatch_table.get(cls)
        _replaced[cls] = previous
        copyreg.dispatch_table[cls] = reducer(previous, is_exception=cls not in STACK_TYPES)


def uninstall() -> None:
    """Put back the reducers that were there before; one that was registered over ours stays."""
    for cls, previous in _replaced.items():
        if getattr(copyreg.dispatch_table.get(cls), "__module__", None) == __name__:
            if previous is None:
                del copyreg.dispatch_table[cls]
            else:
                copyreg.dispatch_table[cls] = previous
    _replaced.clear()


def reducer(previous: Reducer | None, is_exception: bool) -> Reducer:
    """Return the reducer of one type, which leaves to the previous one what is not to be recorded."""

    def reduce(obj: Any) -> Any:
        if is_exception and is_plain(obj) or is_transport():
            return previous(obj) if previous is not None else obj.__reduce_ex__(pickle.DEFAULT_PROTOCOL)
        snapshot, index = covering_snapshot(obj)
        return operator.getitem, (snapshot, index)

    return reduce


def is_plain(exc: BaseException) -> bool:
    """Tell whether an exception has no traceback and no chain: Python's own pickling keeps all of it."""
    waiting = [exc]
    while waiting:
        exc = waiting.pop()
        if exc.__traceback__ is not None or exc.__cause__ is not None or exc.__context__ is not None:
            return False
        members = getattr(exc, "exceptions", ()) if hasattr(type(exc), "split") else ()
        waiting.extend(member for member in members if isinstance(member, BaseException))
    return True


def is_transport() -> bool:
    """Tell whether the object is being copied or sent: by who called the pickler, or because foreign code runs."""
    from keeptrace.record.foreign import IN_FOREIGN_CALL  # see init

    if _thread.get_ident() in IN_FOREIGN_CALL:
        return True
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        package = str(frame.f_globals.get("__name__")).partition(".")[0]
        if package not in PICKLERS:
            return package in TRANSPORTS
        frame = frame.f_back
    return False


# ---------------------------------------------------------------------------------------------------------------------
# Snapshots
# ---------------------------------------------------------------------------------------------------------------------


class Pickling:
    """The snapshots of one pickling, in one thread; it lives as long as one of them."""

    def __init__(self) -> None:
        self.snapshots: list[weakref.ref[Snapshot]] = []
        self.owners: dict[int, weakref.ref[Snapshot]] = {}

    def owner(self, obj: Any) -> Snapshot | None:
        """Return the snapshot that has recorded an object."""
        snapshot = self.owners.get(id(obj))
        return None if snapshot is None else snapshot()

    def add(self, snapshot: Snapshot) -> None:
        if any(earlier() is None for earlier in self.snapshots):
            self.snapshots = [earlier for earlier in self.snapshots if earlier() is not None]
            self.owners = {key: earlier for key, earlier in self.owners.items() if earlier() is not None}
        reference = weakref.ref(snapshot)
        self.snapshots.append(reference)
        self.owners = {**dict.fromkeys(snapshot.references, reference), **self.owners}


class Snapshot:
    """The record of one crash, made once and shared by all reducers called in one pickling."""

    def __init__(self, root: Any, pickling: Pickling) -> None:
        from keeptrace.record import record  # see init

        self.pickling = pickling
        self.table, self.references, self.kept = record(root, _settings, self.element)
        pickling.add(self)

    def element(self, obj: Any) -> Element | None:
        """Return what stands in this table for an object that an earlier snapshot has recorded."""
        owner = self.pickling.owner(obj)
        return None if owner is None else Element(owner, owner.references[id(obj)][0])

    def covers(self, exc: BaseException) -> bool:
        """Tell whether an exception is recorded here as it is now: it may have been raised again since."""
        return exc.__traceback__ is None or id(exc.__traceback__) in self.references

    def __reduce__(self) -> tuple[Any, ...]:
        return RESTORER, (self.table,)


def covering_snapshot(obj: Any) -> tuple[Snapshot, int]:
    """Return the snapshot of this pickling that holds an object, a new one if there is none, and the object's index."""
    thread = _thread.get_ident()
    pickling = _picklings.get(thread)
    if pickling is None:
        pickling = _picklings[thread] = Pickling()
    snapshot = pickling.owner(obj)
    if snapshot is None or isinstance(obj, BaseException) and not snapshot.covers(obj):
        snapshot = Snapshot(obj, pickling)
    return snapshot, snapshot.references[id(obj)][0]


class Element:
    """An object of a snapshot: where it is loaded, this is the object."""

    def __init__(self, snapshot: Snapshot, index: int) -> None:
        self.snapshot, self.index = snapshot, index

    def __reduce__(self) -> tuple[Any, ...]:
        return operator.getitem, (self.snapshot, self.index)


class Restorer:
    """Stands for the restorer: where the pickle is loaded, the code that travels in it."""

    def __call__(self, table: Any) -> Any:
        raise NotImplementedError("a restorer is pickled, not called")

    def __reduce__(self) -> tuple[Any, ...]:
        return eval, (BOOTSTRAP, {"source": restorer_source(), "module": {"__name__": "keeptrace.restore"}})


BOOTSTRAP = "exec(compile(source, '<keeptrace restorer>', 'exec'), module) or module['restore']"
RESTORER = Restorer()


@functools.lru_cache(maxsize=None)
def restorer_source() -> str:
    """Return the text of restore.py without docstrings, comments and blank lines."""
    from importlib.util import find_spec  # heavy: see init

    spec = find_spec("keeptrace.restore")
    return stripped(spec.loader.get_source(spec.name))  # type: ignore[union-attr]


def stripped(source: str) -> str:
    """Return source text without lines that are only comment, docstring or blank (as restore.py writes them)."""
    kept = []
    in_docstring = False
    for line in source.splitlines():
        text = line.strip()
        if in_docstring or text.startswith('"""'):
            closes = text.endswith('"""') and (in_docstring or len(text) > 3)
            in_docstring = not closes
        elif text and not text.startswith("#"):
            kept.append(line)
    return "\n".join(kept) + "\n"
