"""Writes a loaded crash as a dump again, with less in it, under the header it had."""

from __future__ import annotations

import pickle
import sys
from typing import TYPE_CHECKING, Any

from keeptrace.files import header, packing
from keeptrace.files.dumping import PROTOCOL, Recording
from keeptrace.files.subject import subject_of
from keeptrace.record import Limits
from keeptrace.record.frames import outward
from keeptrace.reducers import checked_settings, links, members
from keeptrace.version import __version__

if TYPE_CHECKING:
    import types
    from collections.abc import Iterable

    from keeptrace.files.header import Header

ABOUT_MODULE = frozenset(["__doc__", "__file__", "__name__", "__package__"])


def rewritten(
    loaded: Any, found: Header, *, depth: int = -1, include_source: bool = True, include_globals: bool = True
) -> bytes:
    """Return a dump file of what load() returned; what it held is not cut again, nor are secrets looked for again.

    loaded: by load() without trust. Without include_globals it loses its module-level variables too.
    found: the header that the file is to have; the version of keeptrace and the sizes become the new file's.
    depth, include_source: as for init().

    Raises TypeError where what was loaded is not what dump() writes.
    """
    options = {"depth": depth, "include_source": include_source, "redact": False, "limits": Limits.unlimited()}
    has_threads = type(loaded) is dict and loaded.keys() == {"crash", "threads"}
    crash, stacks = (loaded["crash"], loaded["threads"]) if has_threads else (loaded, {})
    subject = subject_of("rewritten", "nothing" if crash is None else crash, sys._getframe())
    if not include_globals:
        forget_globals([*subject.parts(), *stacks.values()])
    recording = Recording(checked_settings("rewritten", **options))
    element = recording.crash(subject)
    threads = {name: recording.element(stack, recording.settings) for name, stack in stacks.items()}
    pickled = pickle.dumps({"crash": element, "threads": threads} if has_threads else element, PROTOCOL)
    objects = sum(len(snapshot.table["records"]) for snapshot in recording.snapshots)
    facts: dict[str, Any] = {"keeptrace": __version__, "objects": objects, "pickle_bytes": len(pickled)}
    return packing.packed(pickled, [], header.encoded(found.__replace__(**facts)), packing.BEST)


def forget_globals(parts: Iterable[Any]) -> None:
    """Empty the restored modules that the frames of exceptions and tracebacks ran in, but for what names them."""
    waiting, seen = list(parts), set()
    while waiting:
        part = waiting.pop()
        if part is None or id(part) in seen:
            continue
        seen.add(id(part))
        if isinstance(part, BaseException):
            waiting += [*links(part), *members(part)]
        else:
            for frame in stack_of(part):
                for name in frame.f_globals.keys() - ABOUT_MODULE:
                    del frame.f_globals[name]


def stack_of(traceback: types.TracebackType | None) -> Iterable[types.FrameType]:
    """Return the frames of a traceback, and those outside its first."""
    found: dict[types.FrameType, None] = {}
    while traceback is not None:
        for frame in outward(traceback.tb_frame):
            if frame in found:
                break
            found[frame] = None
        traceback = traceback.tb_next
    return found
