"""The tools that are compared: how each writes a crash, loads it, and what frames it then has.

Each is used as its own documentation says, with its defaults unless a comment here says otherwise.
"""

from __future__ import annotations

import gzip
import importlib
import pickle
import re
import traceback
from typing import TYPE_CHECKING, Any

from benchmarks.holding import Frame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from benchmarks.crashes import Crash


class Tool:
    """A way to write crashes to files."""

    markers: frozenset[str] = frozenset()

    def __init__(self, crash: Crash) -> None:
        self.crash = crash

    def prepare(self, exceptions: list[BaseException]) -> None:
        """Do what a program does once, before it crashes; exceptions is empty where dumps are loaded."""

    def write(self, exc: BaseException, path: str) -> None:
        raise NotImplementedError

    def load(self, path: str) -> Any:
        with open(path, "rb") as file:
            return pickle.load(file)

    def frames(self, loaded: Any) -> list[Frame]:
        """Return the frames of what load() returned."""
        raise NotImplementedError

    def parts(self, value: Any) -> Iterable[Any] | None:
        """Return what a stand-in of this tool's holds, None if it is none."""
        return None


# ---------------------------------------------------------------------------------------------------------------------
# keeptrace
# ---------------------------------------------------------------------------------------------------------------------


class PlainKeeptrace(Tool):
    """pickle.dump(exc, file) after keeptrace.init(), as its README shows."""

    markers = frozenset(["Marker"])
    depth: int | None = None

    def prepare(self, exceptions: list[BaseException]) -> None:
        if exceptions:  # loading needs no keeptrace
            import keeptrace

            limits = keeptrace.Limits.unlimited() if self.crash.whole else None
            keeptrace.init(depth=self.depth or self.crash.depth, limits=limits)

    def write(self, exc: BaseException, path: str) -> None:
        with open(path, "wb") as file:
            pickle.dump(exc, file)

    def frames(self, loaded: Any) -> list[Frame]:
        return exception_frames(loaded)


class Keeptrace(PlainKeeptrace):
    """keeptrace.dump(exc, path), which compresses, opened with stock pickle."""

    def write(self, exc: BaseException, path: str) -> None:
        import keeptrace

        keeptrace.dump(exc, path)

    def load(self, path: str) -> Any:
        with gzip.open(path) as file:
            return pickle.load(file)


class DeepKeeptrace(Keeptrace):
    """Opened as deep as pydumpling opens values: five levels beyond a variable."""

    depth = 6


class DeepestKeeptrace(Keeptrace):
    """Opened as far as any of these crashes goes: coredumpy keeps more than is ten levels beyond a variable."""

    depth = 20


# ---------------------------------------------------------------------------------------------------------------------
# Other tools that keep variables
# ---------------------------------------------------------------------------------------------------------------------


class Coredumpy(Tool):
    """coredumpy.dump(frame, description=…) as its excepthook calls it."""

    markers = frozenset(["_Unknown"])
    depth: int | None = None
    CLOSED = frozenset(
        ["abc.ABCMeta", "builtin_function_or_method", "code", "frame", "function", "method", "module", "type"]
    )

    def prepare(self, exceptions: list[BaseException]) -> None:
        from coredumpy.config import config
        from coredumpy.coredumpy import Coredumpy as Api

        config.dump_all_threads = False  # the stack of the benchmark itself is no part of the crash
        self.api = Api

    def write(self, exc: BaseException, path: str) -> None:
        *_, innermost = tracebacks(exc.__traceback__)
        description = "".join(traceback.format_exception(exc)).strip()
        self.api.dump(innermost.tb_frame, description=description, depth=self.depth, path=path)

    def load(self, path: str) -> Any:
        return self.api.load_data_from_path(path)

    def frames(self, loaded: Any) -> list[Frame]:
        self.proxies = loaded["container"]._proxies
        found, frame = [], loaded["frame"]
        while frame is not None:
            found.append(Frame(frame.f_code.co_filename, frame.f_locals, frame.f_globals))
            frame = frame.f_back
        return found

    def parts(self, value: Any) -> Iterable[Any] | None:
        if type(value).__name__ != "PyObjectProxy":
            return None
        if value._coredumpy_type in self.CLOSED:
            return []
        return (self.proxies[key] for key in value._coredumpy_attrs.values() if key in self.proxies)


class ShallowCoredumpy(Coredumpy):
    """The same, opened as deep as keeptrace opens by default."""

    depth = 3


class Pydumpling(Tool):
    """pydumpling.save_dumping(path)."""

    markers = frozenset(["TruncatedValue"])

    def prepare(self, exceptions: list[BaseException]) -> None:
        import pydumpling

        self.api = pydumpling

    def write(self, exc: BaseException, path: str) -> None:
        self.api.save_dumping(path, (type(exc), exc, exc.__traceback__), strict=True)

    def load(self, path: str) -> Any:
        return self.api.load_dumpling(path, max_bytes=None)

    def frames(self, loaded: Any) -> list[Frame]:
        return traceback_frames(loaded["traceback"])

    def parts(self, value: Any) -> Iterable[Any] | None:
        if type(value).__name__ in ("FakeFrame", "FakeCode"):
            return []
        own = {"_FakeClass__repr", "_FakeContainer__type"}
        return [vars(value)[name] for name in vars(value) if name not in own] if is_fake_object(value) else None


def is_fake_object(value: Any) -> bool:
    return type(value).__module__ == "pydumpling.fake_types" and not hasattr(type(value), "_base")


class Yasdu(Tool):
    """yasdu.dump(path, text, frames) as its excepthook calls it."""

    def prepare(self, exceptions: list[BaseException]) -> None:
        import yasdu

        self.api = yasdu

    def write(self, exc: BaseException, path: str) -> None:
        text = "".join(traceback.format_exception(exc))
        self.api.dump(path, text, [entry.tb_frame for entry in tracebacks(exc.__traceback__)])

    def load(self, path: str) -> Any:
        return self.api.load(path)

    def frames(self, loaded: Any) -> list[Frame]:
        return [Frame(frame.file, frame.f_locals, frame.f_globals) for frame in loaded]

    def parts(self, value: Any) -> Iterable[Any] | None:
        return [] if type(value).__name__ == "FakeObject" else None


class Tibidi(Tool):
    """tibidi.dump_exception(exc, path); tibidi calls itself tbdump."""

    markers = frozenset(["NotPickleable", "Dummy"])

    def prepare(self, exceptions: list[BaseException]) -> None:
        import tibidi

        self.api = tibidi

    def write(self, exc: BaseException, path: str) -> None:
        self.api.dump_exception(exc, path)

    def load(self, path: str) -> Any:
        return self.api.load(path)

    def frames(self, loaded: Any) -> list[Frame]:
        """Part local from global variables: it keeps both as one, so what a file's frames share counts as global."""
        firsts: dict[str, dict[str, Any]] = {}
        found = []
        for frame in (frame for stack in loaded["exceptions"] for frame in stack):
            first = firsts.setdefault(frame._filename, frame)
            shared = {name for name in frame if frame is not first and name in first and first[name] is frame[name]}
            local = {name: value for name, value in frame.items() if name not in shared}
            found.append(Frame(frame._filename, local, {}))
        return found


class KeepTrace1(Tool):
    """pickle.dump(sys.exc_info(), file) after keepTrace.init(), of keepTrace 1.2.0."""

    def prepare(self, exceptions: list[BaseException]) -> None:
        api: Any = importlib.import_module("keepTrace")  # not the checkout's module of that name: see child.py
        api.init()

    def write(self, exc: BaseException, path: str) -> None:
        with open(path, "wb") as file:
            pickle.dump((type(exc), exc, exc.__traceback__), file)

    def frames(self, loaded: Any) -> list[Frame]:
        return traceback_frames(loaded[2])


# ---------------------------------------------------------------------------------------------------------------------
# Tools that keep no variables, or their text only
# ---------------------------------------------------------------------------------------------------------------------


class Tblib(Tool):
    """pickle.dump(exc, file) after tblib's pickling_support.install()."""

    def prepare(self, exceptions: list[BaseException]) -> None:
        from tblib import pickling_support

        pickling_support.install(*exceptions)

    def write(self, exc: BaseException, path: str) -> None:
        with open(path, "wb") as file:
            pickle.dump(exc, file)

    def frames(self, loaded: Any) -> list[Frame]:
        return [Frame(entry.tb_frame.f_code.co_filename, {}, {}) for entry in every_traceback(loaded)]


class Text(Tool):
    """The standard library's traceback as text, with the variables' representations."""

    FRAME = re.compile(r'[ |]*File "(.+)", line \d+, in .+')
    VARIABLE = re.compile(r"[ |]*    (\S+) = (.*)")

    def write(self, exc: BaseException, path: str) -> None:
        printed = traceback.TracebackException.from_exception(exc, capture_locals=True)
        with open(path, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.writelines(printed.format())

    def load(self, path: str) -> Any:
        with open(path, encoding="utf-8") as file:
            return file.read()

    def frames(self, loaded: Any) -> list[Frame]:
        found: list[Frame] = []
        after_header = False
        for line in loaded.splitlines():
            header, variable = self.FRAME.fullmatch(line), self.VARIABLE.fullmatch(line)
            if header:
                found.append(Frame(header[1], {}, {}))
            elif variable and found and not after_header:  # the line after a header is source
                found[-1].local[variable[1]] = variable[2]
            after_header = bool(header)
        return found


class Floor(Tool):
    """The C pickler on the plain objects themselves: each frame's variables that pickle takes as they are."""

    def prepare(self, exceptions: list[BaseException]) -> None:
        self.plain = {id(exc): [picklable(entry.tb_frame) for entry in every_traceback(exc)] for exc in exceptions}

    def write(self, exc: BaseException, path: str) -> None:
        with open(path, "wb") as file:
            pickle.dump(self.plain[id(exc)], file)

    def frames(self, loaded: Any) -> list[Frame]:
        return [Frame("", variables, {}) for variables in loaded]


def picklable(frame: Any) -> dict[str, Any]:
    found = {}
    for name, value in frame.f_locals.items():
        try:
            pickle.loads(pickle.dumps(value))
        except Exception:  # noqa: BLE001, S112 -- whatever the object's own code raises, it is left out
            continue
        found[name] = value
    return found


# ---------------------------------------------------------------------------------------------------------------------
# Tracebacks, real ones and look-alikes
# ---------------------------------------------------------------------------------------------------------------------


def tracebacks(first: Any) -> Iterator[Any]:
    while first is not None:
        yield first
        first = first.tb_next


def every_traceback(exc: BaseException) -> list[Any]:
    """Return the traceback entries of an exception, of what it is chained to and of a group's members."""
    found: list[Any] = []
    waiting: list[Any] = [exc]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop()
        if current is not None and id(current) not in seen:
            seen.add(id(current))
            found.extend(tracebacks(current.__traceback__))
            waiting += [current.__cause__, current.__context__, *getattr(current, "exceptions", ())]
    return found


def exception_frames(exc: BaseException) -> list[Frame]:
    """Return an exception's frames, outer ones that no traceback names included, each once."""
    frames: dict[int, Any] = {}
    for entry in every_traceback(exc):
        frame = entry.tb_frame
        while frame is not None and id(frame) not in frames:
            frames[id(frame)] = frame
            frame = frame.f_back
    return [real_frame(frame) for frame in frames.values()]


def traceback_frames(first: Any) -> list[Frame]:
    """Return the frames that traceback entries name, each once: a frame that raises again stands there twice."""
    frames = {id(entry.tb_frame): entry.tb_frame for entry in tracebacks(first)}
    return [real_frame(frame) for frame in frames.values()]


def real_frame(frame: Any) -> Frame:
    local = {} if frame.f_locals is frame.f_globals else frame.f_locals
    return Frame(frame.f_code.co_filename, local, frame.f_globals)


TOOLS: dict[str, type[Tool]] = {
    "keeptrace": Keeptrace,
    "keeptrace, no gzip": PlainKeeptrace,
    "keeptrace, depth 6": DeepKeeptrace,
    "keeptrace, depth 20": DeepestKeeptrace,
    "coredumpy": Coredumpy,
    "coredumpy, depth 3": ShallowCoredumpy,
    "pydumpling": Pydumpling,
    "yasdu": Yasdu,
    "tibidi": Tibidi,
    "keepTrace 1.2.0": KeepTrace1,
    "tblib": Tblib,
    "text": Text,
    "C pickler": Floor,
}
