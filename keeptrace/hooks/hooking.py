"""hook() and unhook(): where in a process crashes are caught that nothing else catches."""

from __future__ import annotations

import contextlib
import functools
import sys

from keeptrace import places
from keeptrace.hooks import patching, processes, reporting, signaling
from keeptrace.hooks.patching import Patches, attach
from keeptrace.hooks.reporting import leaves, plan_of, report
from keeptrace.watching import Watch

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from types import FrameType, ModuleType, TracebackType
    from typing import Any

    from keeptrace.files.folder import Folder
    from keeptrace.files.telling import OnDump

EXITS = (KeyboardInterrupt, SystemExit)
CARRIED = "keeptrace"  # what goes to children, among what they inherit
THREAD = "Exception ignored in thread started by"
_patches = Patches()
OURS = (globals(), vars(patching), vars(reporting))  # of the functions between Python and what it tells


def hook(
    directory: str | os.PathLike[str] | Folder | None = None,
    *,
    note: str | None = None,
    threads: bool = False,
    unraisable: bool = False,
    exits: bool = False,
    signal: int | None = None,
    on_dump: OnDump | None = None,
    **options: Any,
) -> None:
    """Dump what nobody catches: in the main thread, in other threads, in asyncio's tasks and callbacks.

    What happens to a crash otherwise happens all the same: the hooks that were there run, the traceback is printed.
    Then a line on standard error says where the dump is, that it was only counted, or why there is none. An exception
    that capture() or the logging handler has dumped is not dumped again. Call it again to replace the settings.

    It reaches every event loop of asyncio, and uvloop's, whatever exception handlers they have; threads that
    `_thread` started; forked processes; children of multiprocessing, however they are started. A hook that others set
    later and that does not call the one before it comes instead of this one. What is found while the interpreter shuts
    down is not dumped.

    directory: the folder, made where it is missing, or a keeptrace.Folder; a path means Folder(path), whose limits keep
        a crash loop from filling the disk. None for the one that the environment variable KEEPTRACE_DIR names, else
        the current one.
    note: a text for the headers; a signal's dump says which signal it was.
    threads: dump the stacks of all other threads as well, as dump() does.
    unraisable: also dump what Python can only ignore: exceptions in __del__, in callbacks of weak references.
    exits: also dump KeyboardInterrupt, and SystemExit in threads. Python asks no hook about SystemExit in the main
        thread: `with keeptrace.capture(exits=True)` does that.
    signal: a signal's number; it dumps the stacks of all threads, and the process goes on; its previous handler runs
        too, if that is a Python function. The main thread does it, between two instructions of Python code: where it
        is stuck in C code that does not return, there is no dump. For these there is
        `faulthandler.register(signal, chain=True)`, called after this, which prints the stacks before.
    on_dump: called with the path and the keeptrace.Header of each dump that is written, in the thread that wrote it: to
        upload it, say. A line on standard error tells of what it raises.
    options: pickler, depth, include_source, reprs, limits and redact, as for dump().

    Raises TypeError or ValueError for a wrong argument; nothing is changed then.

    >>> import threading, keeptrace
    >>> keeptrace.hook("crashes", on_dump=lambda path, header: print("dumped:", header.exception))
    >>> thread = threading.Thread(target=int, args=["seven"])
    >>> thread.start(); thread.join()
    dumped: ValueError
    >>> keeptrace.unhook()
    """
    flags = {"threads": threads, "unraisable": unraisable, "exits": exits}
    plan = plan_of("hook", directory, options, note=note, on_dump=on_dump, **flags)
    plan.directory = plan.directory or places.usual_directory()
    signaling.handle(signal)
    reporting.hooked, places.hooked = plan, plan.directory
    _patches.put_before(sys, "excepthook", on_uncaught)
    _patches.put_before(sys, "unraisablehook", on_unraisable)
    _watch.start()


def unhook() -> None:
    """Take back what hook() did: the hooks and the signal's handler are as they were, unless others set theirs since.

    Raises ValueError where there is a signal's handler, and this is not the main thread; nothing is changed then.
    """
    signaling.handle(None)
    reporting.hooked = places.hooked = None
    _watch.stop()
    _patches.take_back_all()
    processes.leave(CARRIED)


# ---------------------------------------------------------------------------------------------------------------------
# What each hook is told
# ---------------------------------------------------------------------------------------------------------------------


def line_about(exception: object) -> str:
    """Dump a crash; return a line about what became of it, nothing where it is none or not wanted."""
    plan = reporting.hooked
    if plan is None or not issubclass(type(exception), BaseException) or sys.is_finalizing():
        return ""
    assert isinstance(exception, BaseException)
    is_exit = all(issubclass(type(leaf), EXITS) for leaf in leaves(exception))
    return report(exception, plan).line if plan.exits or not is_exit else ""


def on_uncaught(cls: Any, exception: Any, traceback: TracebackType | None) -> str:
    """Stand before sys.excepthook."""
    try:
        return line_about(exception)
    except EXITS:  # the user, or a signal's handler, does not want to wait: the program ends anyway
        return "keeptrace: the crash was not dumped: interrupted"
    finally:
        if cls is KeyboardInterrupt and is_last(sys._getframe()):
            keep_status()


def is_last(frame: FrameType | None) -> bool:
    """Tell whether Python itself called a hook, since nothing else runs any more."""
    while frame is not None and any(frame.f_globals is own for own in OURS):
        frame = frame.f_back
    return frame is None


def keep_status() -> None:
    """Let Python end by the signal: it does where the last text that it ran was interrupted, and our imports run some.

    (CPython's unhandled_keyboard_interrupt, in Python/pythonrun.c.)
    """
    with contextlib.suppress(KeyboardInterrupt):
        exec("raise KeyboardInterrupt")  # noqa: S102 (our own text)


def on_thread(arguments: Any) -> str:
    """Stand before threading.excepthook."""
    return line_about(arguments.exc_value)


def on_unraisable(unraisable: Any) -> str:
    """Stand before sys.unraisablehook, which is also told of threads that _thread started."""
    plan = reporting.hooked
    is_wanted = plan is not None and (plan.unraisable or str(unraisable.err_msg).startswith(THREAD))
    return line_about(unraisable.exc_value) if is_wanted else ""


def on_loop(loop: Any, context: Mapping[str, Any]) -> str:
    """Stand before call_exception_handler of event loops."""
    return line_about(context.get("exception"))


def on_printed(*arguments: Any) -> str:
    """Stand before traceback.print_exc: so multiprocessing prints what ends a child, and asks no hook."""
    return line_about(processes.exception_of_child(sys._getframe(3)))


def hook_children(module: ModuleType) -> None:
    import traceback  # heavy, and needed by these programs only

    _patches.put_before(traceback, "print_exc", on_printed)
    processes.carry(module, CARRIED, Carrier())


class Carrier(processes.Carrier):
    """Goes to a child that is a new process, which is to be hooked as this one is."""

    def arguments(self) -> dict[str, Any] | None:
        return None if reporting.hooked is None else processes.arguments_of_hook(reporting.hooked)

    def hook(self, **arguments: Any) -> None:
        hook(**arguments)


def hook_loops(module: ModuleType, name: str) -> None:
    _patches.put_before(getattr(module, name), "call_exception_handler", on_loop)


HOOKED: dict[str, Callable[[ModuleType], None]] = {
    "threading": functools.partial(_patches.put_before, name="excepthook", told=on_thread),
    "asyncio.base_events": functools.partial(hook_loops, name="BaseEventLoop"),
    "uvloop": functools.partial(hook_loops, name="Loop"),
    "multiprocessing.process": hook_children,
}
_watch = Watch({name: functools.partial(attach, function) for name, function in HOOKED.items()})
