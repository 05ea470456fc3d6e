"""Opens a crash in an editor that speaks the Debug Adapter Protocol, by debugpy: VS Code, Neovim, Emacs, Zed.

An editor attaches to this process, or has started it under debugpy. The process then stops where the program crashed,
as if it had crashed itself; going on leads to the next crash of the dump, and in the end leaves.
"""

from __future__ import annotations

import functools
import glob
import json
import linecache
import os
import re
import shutil
import signal
import tempfile
import threading
import time
import tokenize
import traceback
from typing import TYPE_CHECKING

import debugpy
import debugpy.server  # before pydevd, which it brings and puts on the path
import pydevd_file_utils
from _pydevd_bundle.pydevd_custom_frames import add_custom_frame

from keeptrace.reducers import links
from keeptrace.tools.errors import ToolError
from keeptrace.tools.launching import LOCAL, attaching
from keeptrace.tools.view import last_lines
from keeptrace.vetting.records import is_source_file

PAUSE = 0.05  # seconds
PREFIX = "keeptrace-"  # of the folder with copies of sources, before the process's id
ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]

if TYPE_CHECKING:
    import types
    from collections.abc import Iterable, Iterator

    from keeptrace.tools.place import Place


def opened(place: Place, port: int) -> None:
    """Stop where the program crashed, in the editor that is there, or that comes to a port of this machine."""
    if not debugpy.is_client_connected():
        listen(port)
        wait(place.background)
    threading.current_thread().name = place.name or "crash"
    for name, stack in place.stacks.items():
        add_custom_frame(innermost(stack), name, threading.get_ident())  # shown as a thread of that name
    sweep()
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as folder:
        for number in ENDING:
            signal.signal(number, functools.partial(leave, folder))
        map_sources(folder, files_of(place))
        stop(place.raised(), place.traceback)
        for exception in place.more:
            if debugpy.is_client_connected():
                print(f"next: {last_lines(exception)}", flush=True)
                stop(exception, links(exception)[0])


def leave(folder: str, number: int, frame: types.FrameType | None) -> None:
    """End at once where a signal says so: the debugger would go on waiting for the editor."""
    shutil.rmtree(folder, ignore_errors=True)
    os._exit(128 + number)


def sweep() -> None:
    """Delete the copies that processes left which their editors killed."""
    for folder in glob.glob(os.path.join(tempfile.gettempdir(), f"{PREFIX}[0-9]*-*")):
        process = folder.rpartition(PREFIX)[2].partition("-")[0]
        if process.isdecimal() and not is_running(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def is_running(process: int) -> bool:
    """Tell whether there may be such a process: on Windows a signal would end it."""
    try:
        if os.name == "posix":
            os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def listen(port: int) -> None:
    """Let editors attach on a port, and say so: with the configuration that makes VS Code do it, in a line of JSON."""
    try:
        host, port = debugpy.listen((LOCAL, port))
    except RuntimeError as error:
        raise ToolError(f"cannot listen on {LOCAL}:{port}: {error}; name another port with --port") from error
    print(f"waiting on {host}:{port} for an editor to attach; the configuration for VS Code's launch.json:")
    print(json.dumps(attaching(host, port)), flush=True)


def wait(background: float | None) -> None:
    """Wait until an editor is attached: in the background for so many seconds, where nobody reads what is printed."""
    if background is not None:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
    deadline = None if background is None else time.monotonic() + background
    while not debugpy.is_client_connected():
        if deadline is not None and time.monotonic() > deadline:
            raise ToolError(f"cannot open the crash: no editor has attached in {background:g} s; start it again")
        time.sleep(PAUSE)


def stop(exception: BaseException, first: types.TracebackType | None) -> None:
    debugpy.trigger_exception_handler((type(exception), exception, first), as_uncaught=False)


# ---------------------------------------------------------------------------------------------------------------------
# What is shown
# ---------------------------------------------------------------------------------------------------------------------


def innermost(first: types.TracebackType) -> types.FrameType:
    *_, (frame, _) = traceback.walk_tb(first)
    return frame


def tracebacks_of(place: Place) -> Iterator[types.TracebackType]:
    """Yield what is shown: the tracebacks of threads, of exceptions, and of those that these are chained to."""
    yield from (place.traceback, *place.stacks.values())
    waiting, seen = [place.exception, *place.more], {id(None)}
    while waiting:
        exception = waiting.pop()
        if id(exception) not in seen:
            seen.add(id(exception))
            own, *chained = links(exception)
            waiting.extend(chained)
            if own is not None:
                yield own


def files_of(place: Place) -> list[str]:
    """Return the names of the files of all frames that are shown."""
    found: dict[int, types.FrameType] = {}
    for first in tracebacks_of(place):
        for inner, _ in traceback.walk_tb(first):
            frame: types.FrameType | None = inner
            while frame is not None and id(frame) not in found:
                found[id(frame)] = frame
                frame = frame.f_back
    return sorted({frame.f_code.co_filename for frame in found.values()})


def map_sources(folder: str, names: Iterable[str]) -> None:
    """Let the editor open the recorded source of each file that is not here, or that has changed since.

    What is here and the same is opened in its place. What the editor itself maps to other folders stays.
    """
    shown = {name: shown_as(os.path.join(folder, str(number)), name) for number, name in enumerate(names)}
    pairs = [(path, pydevd_file_utils.absolute_path(name)) for name, path in shown.items() if path is not None]
    pydevd_file_utils.setup_client_server_paths([*pairs, *pydevd_file_utils._last_client_server_paths_set])


def shown_as(folder: str, name: str) -> str | None:
    """Return the path that an editor is to open for a file, maybe of a copy in a folder; None for what is no file."""
    lines = [line.rstrip("\n") for line in linecache.getlines(name)]
    if not lines or (name.startswith("<") and name.endswith(">")):
        return None
    path = str(linecache.cache[name][-1])  # of a relative name, what was recorded
    if is_source_file(path) and is_same(path, lines):
        return path
    copied = os.path.join(folder, re.split(r"[\\/:]", path)[-1])
    try:
        os.mkdir(folder)
        with open(copied, "x", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(line + "\n" for line in lines)
    except (OSError, ValueError):  # no such name can be here: debugpy shows the text without a file
        return None
    return copied


def is_same(path: str, lines: list[str]) -> bool:
    try:
        with tokenize.open(path) as file:
            return [line.rstrip("\n") for line in file] == lines
    except (OSError, SyntaxError, ValueError):
        return False
