"""Which crashes are one bug: a short text that is the same for all of them."""

from __future__ import annotations

import sys

from keeptrace import reducers
from keeptrace.files.subject import subject_of, traceback_of
from keeptrace.record.raw import is_standard_file, is_typed

try:
    from _blake2 import blake2b  # hashlib's own, without OpenSSL, which takes milliseconds to load
except ImportError:
    from hashlib import blake2b

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    import types
    from collections.abc import Iterator
    from typing import Any

    from keeptrace.files.subject import Subject

    Place = tuple[str, str]

INLINED = frozenset(["<dictcomp>", "<listcomp>", "<setcomp>"])  # frames of their own until Python 3.11, and none since
RECURSION = 10  # calls of one function in a stack that ran out
MOST_LINKS = 1_000  # exceptions that are looked at
LENGTH = 8  # bytes of the digest


def fingerprint(what: Any = None) -> str:
    """Return a text of 16 hexadecimal digits, the same for crashes that are one bug.

    It is made of the types of the exceptions in the chain and in groups, and of the functions in their tracebacks: of
    the module's name (a script's: its file's) and the function's. So it stays the same when lines move, in another
    folder, machine or process, and on another Python; it differs where another exception is raised or where it came
    by another way.

    Left out, since they vary between crashes of one bug: line numbers, messages, folders, how often something
    recurs (each function counts once; of a recursion that ran out only what recurs), how often an exception was
    retried, how many members of a group failed alike. Left out, since they vary between Pythons: the frames inside the
    standard library but the function by which it was entered from outside, comprehensions' own frames, the part of a
    qualified name before the last dot (3.10 does not know it), and the modules of exceptions (TimeoutError moved).
    Two bugs that raise the same type in the same function are one here.

    what: as for dump().

    Raises TypeError for anything else.
    """
    return fingerprint_of(subject_of("fingerprint", what, sys._getframe(1)))


def fingerprint_of(subject: Subject) -> str:
    described = repr(described_stack(subject.traceback) if subject.exception is None else described_chain(subject))
    return blake2b(described.encode("utf-8", "backslashreplace"), digest_size=LENGTH).hexdigest()


def described_chain(subject: Subject) -> list[Any]:
    """Return the type and the stack of each exception, the one that was raised last first, each once."""
    found: dict[Any, None] = {}
    members: set[Any] = set()
    waiting: list[tuple[Any, bool]] = [(subject.exception, False)]
    seen: set[int] = set()
    while waiting and len(seen) < MOST_LINKS:
        exception, is_member = waiting.pop()
        if id(exception) in seen:
            continue
        seen.add(id(exception))
        name = type.__dict__["__qualname__"].__get__(type(exception))
        traceback = subject.traceback if exception is subject.exception else traceback_of(exception)
        described = (name, tuple(described_stack(traceback, is_deep=issubclass(type(exception), RecursionError))))
        if is_member:
            members.add(described)
        else:
            found[described] = None
        waiting.extend((linked, is_member) for linked in printed_links(exception))
        waiting.extend((member, True) for member in reducers.members(exception))
    return [list(found), sorted(members)]


def printed_links(exception: BaseException) -> Iterator[BaseException]:
    """Yield what is printed above an exception: its cause, else its context."""
    _, cause, context = reducers.links(exception)
    is_hidden = vars(BaseException)["__suppress_context__"].__get__(exception)
    linked = (None if is_hidden else context) if cause is None else cause
    if linked is not None:
        yield linked


def described_stack(traceback: types.TracebackType | None, *, is_deep: bool = False) -> list[Place]:
    """Return the functions of a stack, outermost first, each once."""
    places = list(entered(traceback))
    if is_deep:
        counts: dict[Place, int] = {}
        for place in places:
            counts[place] = counts.get(place, 0) + 1
        places = [place for place in places if counts[place] >= RECURSION] or places
    return list(dict.fromkeys(places))


def entered(traceback: types.TracebackType | None) -> Iterator[Place]:
    """Yield the place of each frame; of those of the standard library only where it is entered from outside it."""
    was_library, is_first = True, True
    known: dict[tuple[int, int], tuple[bool, Place]] = {}  # of a recursion many frames are the same
    for frame in frames(traceback):
        code, key = frame.f_code, (id(frame.f_code), id(frame.f_globals))
        if code.co_name in INLINED:
            continue
        if key not in known:
            known[key] = is_standard_file(code.co_filename), (module_of(frame), code.co_name)
        is_library, place = known[key]
        if not (is_library and was_library) or (is_first and is_own_crash(traceback)):
            yield place
        was_library, is_first = is_library, False


def is_own_crash(traceback: types.TracebackType | None) -> bool:
    """Tell whether a stack is all the standard library's own."""
    return all(is_standard_file(each.f_code.co_filename) for each in frames(traceback))


def frames(traceback: types.TracebackType | None) -> Iterator[types.FrameType]:
    while traceback is not None:
        yield traceback.tb_frame
        traceback = traceback.tb_next


def module_of(frame: types.FrameType) -> str:
    """Return the name of a frame's module; for a script that of its file, for a text typed in that it is one."""
    name = dict.get(frame.f_globals, "__name__")
    if type(name) is str and name not in ("__main__", "__mp_main__"):  # as multiprocessing calls it in a new process
        return name
    filename = frame.f_code.co_filename.replace("\\", "/")
    if is_typed(filename):
        return "<text>"
    folder, _, base = filename.rpartition("/")
    stem = base.rpartition(".")[0] or base
    return f"{folder.rpartition('/')[2]}.{stem}" if stem == "__main__" else stem
