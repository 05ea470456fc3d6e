"""Dumps a crash, each once, and says what became of it in one line; a dump that fails never gets in a crash's way.

The files are imported by the first crash: a program that has none starts as fast as without hooks.
"""

from __future__ import annotations

import functools
import os
import sys

from keeptrace import places, reducers
from keeptrace.files.memory import Report, as_line, forget, remember, remembered
from keeptrace.files.telling import checked, described, tell, write

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from keeptrace.files.folder import Folder
    from keeptrace.files.telling import OnDump

HEADROOM = 500  # calls that a dump may need where the stack is full


class Plan:
    """Which crashes are dumped, and how: the folder, None for the usual one, and the given options of dump().

    outside: modules and packages that run what crashes: the frames that called those of a stack end there. Entries of
        tracebacks stay; see the argument shown of dumped().
    """

    def __init__(
        self,
        directory: str | Folder | None = None,
        options: dict[str, Any] | None = None,
        *,
        exits: bool = False,
        unraisable: bool = False,
        on_dump: OnDump | None = None,
        outside: frozenset[str] = frozenset(),
    ) -> None:
        self.directory, self.options, self.on_dump = directory, options or {}, on_dump
        self.exits, self.unraisable, self.outside = exits, unraisable, outside


hooked: Plan | None = None  # hook()'s


def plan_of(
    caller: str,
    directory: Any,
    options: dict[str, Any],
    *,
    note: Any,
    threads: Any,
    context: Any = None,
    exits: Any = False,
    unraisable: Any = False,
    on_dump: Any = None,
    outside: Any = frozenset(),
) -> Plan:
    """Return how to dump, the arguments of a public function checked. What is None is left to be decided later."""
    if note is not None and not isinstance(note, str):
        raise TypeError(f"{caller}(note={note!r:.200}): a text or None is expected")
    flags = {} if threads is None else {"threads": threads}
    reducers.check_flags(caller, **flags, exits=exits, unraisable=unraisable)
    if options:
        from keeptrace.files.dumping import settings_for  # heavy, and not needed without options

        settings_for(caller, options)
    reducers.check_context(caller, context)
    given = {name: value for name, value in (("note", note), ("context", context)) if value is not None}
    folder = folder_of(caller, directory)
    told = checked(caller, on_dump)
    more = {"exits": exits, "unraisable": unraisable, "on_dump": told, "outside": outside}
    return Plan(folder, {**given, **flags, **options}, **more)


def folder_of(caller: str, directory: Any) -> str | Folder | None:
    """Return a folder as it was given, with its whole path: the program may change its folder before it crashes."""
    if directory is None:
        return None
    if isinstance(directory, (str, os.PathLike)):
        path = os.fspath(directory)
        if isinstance(path, str):
            return os.path.abspath(path)
    else:
        from keeptrace.files.folder import Folder  # heavy, and loaded already where somebody has one

        if isinstance(directory, Folder):
            return directory.__replace__(path=os.path.abspath(directory.path))
    raise TypeError(f"{caller}(directory={directory!r:.200}): a path, a keeptrace.Folder or None is expected")


def prepare() -> None:
    """Import all that a dump needs: where it is made, there may be nothing to import from."""
    from keeptrace.files import dumping  # heavy: see above
    from keeptrace.hooks import shortening  # noqa: F401 (it is wanted later)

    dumping.default_settings()


# ---------------------------------------------------------------------------------------------------------------------
# Dumping
# ---------------------------------------------------------------------------------------------------------------------


def guarded(doing: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call our own code where its failure must stay without effect: what it raised becomes a Report."""
    try:
        try:
            return function(*arguments)
        except RecursionError:
            return with_headroom(function, *arguments)
    except Exception as error:  # noqa: BLE001 (nothing that fails here may take the place of the crash)
        return Report(f"keeptrace: cannot {doing}: {described(error)}", failed=True)


def report(exception: BaseException, plan: Plan, **more: Any) -> Report:
    """Dump an exception unless that has happened; never raises an Exception. See dumped()."""
    found: Report = guarded("dump the crash", functools.partial(dumped, **more), exception, plan)
    return found


def dumped(exception: BaseException, plan: Plan, *, shown: Any = None, **more: Any) -> Report:
    """Dump an exception unless that has happened.

    shown: called with each exception of the chain and the entries of its traceback, returns those that the dump is to
        have.
    more: options of dump() that go before the plan's: the note, the context.
    """
    known = remembered(exception)
    if known is not None and known.path is not None and not exists(known.path):  # somebody deleted it
        forget(exception)
        known = None
    if known is None:
        if shown is None:
            known = stored("the crash", exception, plan, **more)
        else:
            from keeptrace.hooks.shortening import shortened  # heavy: see above

            with shortened(exception, shown):
                known = stored("the crash", exception, plan, **more)
        remember(exception, known)
    return known


def stored(name: str, what: Any, plan: Plan, **more: Any) -> Report:
    """Dump what is dumped, for which name is a word, into a folder that looks after itself."""
    from keeptrace.files import dumping, subject  # heavy: see above
    from keeptrace.files.folder import Folder

    base = hooked or Plan()
    directory = plan.directory or places.hooked or places.usual_directory()
    folder = directory if isinstance(directory, Folder) else Folder(directory)
    found = subject.subject_of("dump", what, sys._getframe())
    options = {**base.options, **plan.options, **more}
    kept = dumping.store(dumping.requested("dump", found, outside=plan.outside, **options), folder)
    if kept is None:
        return Report(f"keeptrace: {name} was counted, not stored: the limits of {as_line(folder.path)} are reached")
    path, header = kept
    tell(plan.on_dump or base.on_dump, path, header)
    return Report(f"keeptrace: {name} is in {as_line(path)}", path)


def exists(path: str) -> bool:
    from keeptrace.system import os  # see there

    return os.path.exists(path)


def with_headroom(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function where the stack is nearly full, as it is where a recursion ran out."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit + HEADROOM)
    try:
        return function(*arguments)
    finally:
        sys.setrecursionlimit(limit)


def say(line: str) -> None:
    """Write a line to standard error; where that cannot be written, there is nobody to tell."""
    if line:
        guarded("say so", write, line)


def leaves(exception: BaseException) -> Iterator[BaseException]:
    """Yield an exception, or the members of a group and of the groups in it."""
    waiting, seen = [exception], set()
    while waiting:
        found = waiting.pop()
        if id(found) not in seen:
            seen.add(id(found))
            members = reducers.members(found)
            waiting.extend(members)
            if not members:
                yield found
