"""init() and uninit(): which types are registered with copyreg, and what each reducer returns.

A reducer returns `(operator.getitem, (snapshot, index))`: one snapshot covers a whole crash, and every reducer that is
called for a part of that crash in the same pickling finds it again, since the pickler's memo keeps the snapshot alive
exactly as long as the pickling lasts. The snapshot itself reduces to the restorer called with its table.
"""

from __future__ import annotations

import _operator
import _thread
import builtins
import copyreg
import sys
import types
import weakref

from keeptrace.light import uncollected

TYPE_CHECKING = False  # importing typing costs more than all of keeptrace
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from keeptrace.record import Limits, Redactor, Settings

    Reducer = Callable[[Any], Any]

PICKLERS = frozenset(["cloudpickle", "copyreg", "dill", "pickle"])
TRANSPORTS = frozenset(
    [
        "anyio", "billiard", "celery", "concurrent", "copy", "dask", "distributed", "ipyparallel", "joblib", "kombu",
        "loky", "mpi4py", "multiprocess", "multiprocessing", "pebble", "pyspark", "ray", "torch",
    ]
)  # fmt: skip
"""Packages that copy objects or send them to other processes: for them pickling stays as it was."""

OURS = (__name__, "keeptrace.picklers")
"""Modules of ours whose functions stand between a pickler and who called it."""

MOST_PLAIN_GROUPS = 100
"""Exception groups in each other that are left to Python's own pickling."""

STACK_TYPES = (types.TracebackType, types.FrameType, types.CodeType)

_settings: Settings | None = None


def init(
    pickler: Any = None,
    depth: int = 3,
    include_source: bool = True,
    *,
    exceptions: bool = True,
    reprs: bool = False,
    limits: Limits | None = None,
    redact: bool | Redactor = True,
) -> None:
    """Register reducers, so that pickling an exception, traceback, frame or code object records the crash.

    Once, at start-up, is enough: classes of exceptions that come later are registered when pickle, cloudpickle or dill
    is given one to dump. Call it again to replace the settings.

    pickler: None, or what makes blobs of single values: a module or object with dumps (pickle, cloudpickle, dill), or
        a callable that returns bytes.
    depth: how far variables are opened: 0 none, 1 as representations, n with n-1 levels below them, -1 without limit.
    include_source: keep the text of every file in the stack.
    exceptions: register every exception class that exists now; else only tracebacks, frames and code objects.
    reprs: ask objects of the application for their own repr(), under the time limit.
    limits: a keeptrace.Limits; None means Limits().
    redact: hide passwords, keys and the like, as keeptrace.Redactor() knows them, or as the one given here does.

    Raises TypeError or ValueError for anything else.

    >>> import pickle, keeptrace
    >>> keeptrace.init(depth=5)
    >>> try:
    ...     price = {"pens": 2}["ink"]
    ... except KeyError as error:
    ...     data = pickle.dumps(error)
    >>> pickle.loads(data).__traceback__.tb_frame.f_code.co_name
    '<module>'
    >>> keeptrace.uninit()
    """
    check_flags("init", exceptions=exceptions)
    options = {"pickler": pickler, "depth": depth, "include_source": include_source, "reprs": reprs}
    global _settings
    _settings = checked_settings("init", **options, limits=limits, redact=redact)
    wanted = {*STACK_TYPES, *(exception_classes() if exceptions else ())}
    for cls in wanted:  # what is registered stays so: another thread may be pickling a crash
        register(cls)
    for cls in registered():
        if cls not in wanted:
            take_back(cls)
    from keeptrace import picklers  # heavy: import keeptrace happens at every start-up

    if exceptions:
        picklers.stand_before(register_later)
    else:
        picklers.take_back()


def uninit() -> None:
    """Take back what init() did: copyreg and the picklers are as they were. What others put over ours stays."""
    from keeptrace import picklers  # heavy: see init

    global _settings
    _settings = None
    picklers.take_back()
    for cls in registered():
        take_back(cls)


def checked_settings(
    caller: str,
    *,
    pickler: Any = None,
    depth: Any = 3,
    include_source: Any = True,
    reprs: Any = False,
    limits: Any = None,
    redact: Any = True,
) -> Settings:
    """Return the options of init() as the recorder wants them, and see to it that all that records is there.

    caller: whose options they are, for the messages of the TypeError or ValueError that a wrong one raises.
    """
    import_recorder()
    from keeptrace.record import Limits, Redactor, Settings, default_redactor

    check_pickler(caller, pickler)
    check_depth(caller, depth)
    check_flags(caller, include_source=include_source, reprs=reprs)
    if limits is not None and not isinstance(limits, Limits):
        raise TypeError(f"{caller}(limits={limits!r:.200}): a keeptrace.Limits or None is expected")
    if not isinstance(redact, (bool, Redactor)):
        raise TypeError(f"{caller}(redact={redact!r:.200}): True, False or a keeptrace.Redactor is expected")
    redactor = default_redactor() if redact is True else redact or None
    return Settings(pickler, depth, include_source, reprs, limits, redactor)


def import_recorder() -> None:
    """Import what records a crash, all of it: at a crash there may be no file to import from.

    Nothing of what is imported is garbage: the collector's search for some would take an eighth of the time.
    """
    for name in ("keeptrace.record", "keeptrace.restorer_text"):
        uncollected(__import__, name)  # heavy: import keeptrace happens at every start-up


def check_pickler(caller: str, pickler: Any) -> None:
    if pickler is not None and not callable(pickler) and not callable(getattr(pickler, "dumps", None)):
        raise TypeError(
            f"{caller}(pickler={pickler!r:.200}): None, a module or object with dumps(), or a callable returning bytes "
            "is expected"
        )


def check_depth(caller: str, depth: Any) -> None:
    if not isinstance(depth, int) or isinstance(depth, bool):
        raise TypeError(f"{caller}(depth={depth!r:.200}): an integer is expected, -1 for no limit")
    if depth < -1:
        raise ValueError(f"{caller}(depth={depth!r:.200}): 0 or more is expected, or -1 for no limit")


def check_flags(caller: str, **flags: Any) -> None:
    for name, flag in flags.items():
        if not isinstance(flag, bool):
            raise TypeError(f"{caller}({name}={flag!r:.200}): True or False is expected")


def check_context(caller: str, context: Any) -> None:
    """Raise TypeError for what is neither a dict of facts by their names nor None."""
    if context is not None and not (isinstance(context, dict) and all(isinstance(name, str) for name in context)):
        raise TypeError(
            f"{caller}(context=<{type(context).__name__}>): a dict of facts by their names, or None, is expected"
        )


def exception_classes() -> list[type]:
    """Return every exception class that exists, but those whose metaclass has a hash of its own: it may fail."""
    found: dict[int, type] = {}
    waiting: list[type] = [BaseException]
    while waiting:
        cls = waiting.pop()
        if id(cls) not in found:
            found[id(cls)] = cls
            waiting.extend(type.__subclasses__(cls))
    return [cls for cls in found.values() if type(cls).__hash__ is type.__hash__]


def register_later(cls: type) -> None:
    """Register a class that was not there when init() was called, and with it all that came since.

    Not the stand-ins of loaded crashes, of which each load makes more: what is registered stays for ever.
    """
    if cls not in copyreg.dispatch_table:
        from keeptrace.record import raw  # heavy: see init

        others = [each for each in exception_classes() if "__keeptrace__" not in raw.class_dict(each)]
        for each in [cls, *others]:  # the pickler was about to hash it, whatever its metaclass is
            register(each)


def registered() -> list[type]:
    """Return the types for which copyreg asks a reducer of ours."""
    return [cls for cls, reducer in list(copyreg.dispatch_table.items()) if isinstance(reducer, CrashReducer)]


def register(cls: type) -> None:
    """Register a reducer of ours in front of the one that is there, if that is not ours already."""
    previous = copyreg.dispatch_table.get(cls)
    if not isinstance(previous, CrashReducer):
        copyreg.dispatch_table[cls] = CrashReducer(previous)


def take_back(cls: type) -> None:
    """Put back the reducer that was there before ours, unless another thread has done so meanwhile."""
    ours = copyreg.dispatch_table.get(cls)
    if not isinstance(ours, CrashReducer):
        return
    if ours.previous is None:
        copyreg.dispatch_table.pop(cls, None)
    else:
        copyreg.dispatch_table[cls] = ours.previous


class CrashReducer:
    """What copyreg calls for the objects of one type."""

    def __init__(self, previous: Reducer | None) -> None:
        self.previous = previous

    def __call__(self, obj: Any) -> Any:
        """Reduce to an element of a snapshot; what is not to be recorded is reduced as it was before init()."""
        asking = asking_package()
        if _settings is None or is_plain(obj) or asking in TRANSPORTS or is_foreign_call():
            return self.reduce_as_before(obj, asking)
        snapshot, index = covering_snapshot(obj, _settings)
        return _operator.getitem, (snapshot, index)

    def reduce_as_before(self, obj: Any, asking: str) -> Any:
        if self.previous is not None:
            return self.previous(obj)
        from pickle import DEFAULT_PROTOCOL  # heavy: see init

        return obj.__reduce_ex__(4 if asking == "copy" else DEFAULT_PROTOCOL)


def is_plain(obj: object) -> bool:
    """Tell whether an object is an exception of which Python's own pickling keeps all: without traceback and chain.

    Many groups in each other are none: each of them would be asked for all in it, and deep ones exhaust the stack.
    """
    waiting, seen, groups = [obj], set(), 0
    while waiting:
        exc = waiting.pop()
        if not is_plain_alone(exc) or groups > MOST_PLAIN_GROUPS:
            return False
        if id(exc) not in seen:
            seen.add(id(exc))
            found = members(exc)
            waiting.extend(found)
            groups += bool(found)
    return True


def is_plain_alone(obj: object) -> bool:
    """Tell whether an object is a plain exception but for the members that it may have."""
    if not issubclass(type(obj), BaseException) or any(linked is not None for linked in links(obj)):
        return False
    return not issubclass(type(obj), (AttributeError, NameError, SyntaxError)) or not has_more_than_arguments(obj)


def has_more_than_arguments(exc: Any) -> bool:
    """Tell whether an exception has fields, which printing reads, that are not made of its arguments."""
    from keeptrace.record.exceptions import field_values  # heavy: see init

    args = vars(BaseException)["args"].__get__(exc)
    given = [None, *args, *(args[1] if len(args) == 2 and type(args[1]) is tuple else ())]
    return any(all(value is not each for each in given) for _, value in field_values(exc))


def links(exc: Any) -> list[Any]:
    """Return an exception's traceback, cause and context, whatever its class makes of these names."""
    return [vars(BaseException)[name].__get__(exc) for name in ("__traceback__", "__cause__", "__context__")]


def members(exc: Any) -> tuple[Any, ...]:
    """Return the members of an exception group (Python 3.11 and later); any other exception has none."""
    group = vars(builtins).get("BaseExceptionGroup")
    found: tuple[Any, ...] = ()
    if group is not None and issubclass(type(exc), group):
        found = vars(group)["exceptions"].__get__(exc)
    return found


def asking_package() -> str:
    """Return the name of the package whose code called the pickler."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        module = frame.f_globals.get("__name__")
        package = module.partition(".")[0] if type(module) is str else ""
        if package not in PICKLERS and module not in OURS:
            return package
        frame = frame.f_back
    return ""


def is_foreign_call() -> bool:
    """Tell whether recording a crash has made this thread run foreign code: it pickles as without keeptrace."""
    from keeptrace.record.foreign import IN_FOREIGN_CALL  # heavy: see init

    return _thread.get_ident() in IN_FOREIGN_CALL


# ---------------------------------------------------------------------------------------------------------------------
# Snapshots
# ---------------------------------------------------------------------------------------------------------------------


class Pickling:
    """The snapshots of one pickling, in one thread; it lives as long as one of them.

    A pickler object that is kept keeps its snapshots too, and a reducer is not told which pickler asks: another
    pickling of the same crash in the same thread then finds it as it was.
    """

    def __init__(self) -> None:
        self.latest: weakref.ref[Snapshot] | None = None
        self.owners: dict[int, weakref.ref[Snapshot]] = {}  # of what all but the latest have recorded

    def owner(self, obj: Any) -> Snapshot | None:
        """Return the snapshot that has recorded an object, the first where several have."""
        for reference in (self.owners.get(id(obj)), self.latest):
            snapshot = None if reference is None else reference()
            if snapshot is not None and id(obj) in snapshot.indexes:
                return snapshot
        return None

    def add(self, snapshot: Snapshot) -> None:
        earlier = None if self.latest is None else self.latest()
        if earlier is None:  # its pickling is over
            self.owners = {key: reference for key, reference in self.owners.items() if reference() is not None}
        else:
            new = earlier.indexes.keys() - self.owners.keys()
            self.owners.update(dict.fromkeys(new, weakref.ref(earlier)))
        self.latest = weakref.ref(snapshot)


_picklings: weakref.WeakValueDictionary[int, Pickling] = weakref.WeakValueDictionary()


class Snapshot:
    """The record of one crash, made once and shared by all reducers called in one pickling."""

    def __init__(self, root: Any, settings: Settings, pickling: Pickling) -> None:
        from keeptrace.record import record  # heavy: see init

        self.pickling = pickling
        element = None if pickling.latest is None else self.element
        self.table, self.indexes, self.kept, self.opened_classes = record(root, settings, element)
        pickling.add(self)

    def element(self, obj: Any) -> Element | None:
        """Return what stands in this table for an object that an earlier snapshot has recorded.

        Not for frames and code objects: a traceback here may need them, and tracebacks share none with other tables.
        """
        if type(obj) in (types.FrameType, types.CodeType):
            return None
        owner = self.pickling.owner(obj)
        if owner is None or owner.table["records"][owner.indexes[id(obj)]][:1] == ("global",):
            return None  # a class that is there by its name only is so here too, or opened for an instance
        return Element(owner, owner.indexes[id(obj)])

    def covers(self, obj: Any) -> bool:
        """Tell whether a recorded object is here all that it is now: an exception may have been raised again since.

        The code object of a frame is not: its instructions are kept only where it is pickled itself.
        """
        if type(obj) is types.CodeType:
            return False
        linked = links(obj) if issubclass(type(obj), BaseException) else []
        return all(link is None or id(link) in self.indexes for link in linked)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return RESTORER, (self.table if protocol >= 2 else with_long_integers(self.table),)


class LongInteger:
    """An integer whose decimal digits, which protocols 0 and 1 write, Python may refuse to make."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __reduce__(self) -> tuple[Any, ...]:
        return int, (hex(self.value), 16)


def with_long_integers(data: Any) -> Any:
    """Return a table, or what is in it, with the integers that protocols 0 and 1 cannot be given as they are."""
    if type(data) is int:
        return data if data.bit_length() < 2000 else LongInteger(data)
    if type(data) is dict:
        return {with_long_integers(key): with_long_integers(value) for key, value in data.items()}
    return type(data)(map(with_long_integers, data)) if type(data) in (list, tuple, set, frozenset) else data


def covering_snapshot(obj: Any, settings: Settings) -> tuple[Snapshot, int]:
    """Return the snapshot of this pickling that holds an object, a new one if there is none, and the object's index."""
    thread = _thread.get_ident()
    pickling = _picklings.get(thread)
    if pickling is None:
        pickling = _picklings[thread] = Pickling()
    snapshot = pickling.owner(obj)
    if snapshot is None or not snapshot.covers(obj):
        snapshot = Snapshot(obj, settings, pickling)
    return snapshot, snapshot.indexes[id(obj)]


class Element:
    """An object of a snapshot: where it is loaded, this is the object."""

    def __init__(self, snapshot: Snapshot, index: int) -> None:
        self.snapshot, self.index = snapshot, index

    def is_opened(self, cls: type) -> bool:
        """Tell whether this class was recorded with what it holds, not only named."""
        return id(cls) in self.snapshot.opened_classes

    def __reduce__(self) -> tuple[Any, ...]:
        return _operator.getitem, (self.snapshot, self.index)


class Restorer:
    """Stands for the restorer: where the pickle is loaded, the code that travels in it."""

    bootstrap = """(lambda modules, name, module: (
    modules[name] if getattr(modules.get(name), 'source', None) == source else
    exec(compile(source, name, 'exec'), module.__dict__)
    or module.__dict__.update(source=source) or modules.update({name: module}) or module
).restore)(__import__('sys').modules, '<keeptrace restorer>', __import__('types').ModuleType('keeptrace.restore'))"""
    """Compiles the code, which takes most of the time of opening a small crash, once in a process."""

    def __call__(self, table: Any) -> Any:
        raise NotImplementedError("a restorer is pickled, not called")

    def __reduce__(self) -> tuple[Any, ...]:
        from keeptrace.restorer_text import TEXT  # heavy: see init

        return eval, (self.bootstrap, {"source": TEXT})


RESTORER = Restorer()
