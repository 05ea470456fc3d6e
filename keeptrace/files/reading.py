"""load(): opens a dump without running anything that is in it.

The unpickler is Python's own, and is allowed little: the plain data of tables; the restorer's entry, for which the
installed restorer is called with the table; elements of what it returns; exceptions; and plain containers of these.

While a crash from elsewhere is unpickled, what would be restored is a thing that does nothing and with which nothing
can be done, so that a pickle that calls or changes a restored object fails. The tables found are then vetted and
restored, and so is what the pickle holds around them (ordinary.py).
"""

from __future__ import annotations

import builtins
import gzip
import io
import os
import pickle
import sys
import types
import zlib
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from keeptrace import restore
from keeptrace.files import opcodes
from keeptrace.files.errors import DumpError, UnsafeDumpError
from keeptrace.files.ordinary import Class, Part, table_of
from keeptrace.light import uncollected
from keeptrace.record import raw
from keeptrace.reducers import Restorer
from keeptrace.vetting import standard
from keeptrace.vetting.records import Earlier, vetted
from keeptrace.vetting.text import clean_name

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 256 * 2**20  # a crash and its threads may take Limits.bytes each, and sources
MEMORY = 8  # bytes that may come of one byte of the limit
MOST = 2  # characters, and 16 for each item, that the records may hold together for one byte of the limit
GZIP = b"\x1f\x8b"
BOOTSTRAPS = frozenset([Restorer.bootstrap])
"""What evaluates the restorer, in every release: known by its text, and never evaluated."""
ATOMS = frozenset([bool, bytes, float, int, str, type(None)])
CLASS_ENDINGS = ("Error", "Exception", "Exit", "Failure", "Group", "Interrupt", "Timeout", "Warning")


def load(
    file: str | os.PathLike[str] | IO[bytes] | bytes | bytearray | memoryview,
    *,
    trust: bool = False,
    limit: int = LIMIT,
) -> Any:
    """Return what was dumped: an exception, a traceback, the triple of sys.exc_info(), or several of them.

    What was dumped with threads=True is `{"crash": ..., "threads": {name: traceback}}`.

    Nothing in the file is executed: not its restorer (the installed one is used), not its blobs (their mocks are used).
    Pickles written by stock pickle with init() are read too, gzipped or not, at any protocol.

    file: a path, a binary file, or the bytes themselves.
    trust: open the blobs and whatever else the pickle holds, as pickle.load() would: that runs code. Only for files of
        which you trust whoever could have written them.
    limit: bytes that the pickle may have once it is decompressed. What it makes may take 8 times as much memory.

    Raises OSError where the file cannot be read; DumpError where it is no dump, cut short, corrupt, too large, or of a
    newer keeptrace; UnsafeDumpError, which is one, where it holds what a crash does not consist of.
    """
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise TypeError(f"load(limit={limit!r:.200}): a number of bytes is expected")
    data, name = content(file, limit)
    pickled = decompressed(data, name, limit)
    if not pickled:
        raise DumpError(f"cannot load {name}: it is cut short: it is empty")
    if not trust:
        opcodes.check(pickled, name, MEMORY * limit)
    reader = Reader(pickled, name, trusted=trust)
    unpickled = unpickle(reader)
    if not reader.is_crash:
        raise DumpError(f"cannot load {name}: it is a pickle, but there is no crash in it")
    if trust:
        return unpickled
    return same_class(uncollected(restore_all, reader.tables, unpickled, name, MOST * limit))


def content(file: Any, limit: int) -> tuple[bytes, str]:
    """Return what a file holds, and what it is called in messages."""
    if isinstance(file, (bytes, bytearray, memoryview)):
        return bytes(file), f"{len(file):,} bytes"
    if isinstance(file, (str, os.PathLike)):
        with open(file, "rb") as opened:
            return content(opened, limit)
    if not callable(getattr(file, "read", None)):
        raise TypeError(f"load({type(file).__name__}): a path, a binary file or bytes are expected")
    name = repr(getattr(file, "name", type(file).__name__))
    data = file.read(limit + 1)
    if not isinstance(data, (bytes, bytearray)):
        raise TypeError(f"load({name}): a file opened in binary mode is expected, not one that gives text")
    return bytes(within(data, name, limit)), name


def within(data: Any, name: str, limit: int) -> Any:
    if len(data) > limit:
        raise DumpError(f"cannot load {name}: more than {limit:,} bytes; load(limit=...) or --limit allows more")
    return data


def decompressed(data: bytes, name: str, limit: int) -> bytes:
    """Return the pickle in a file."""
    if data[:2] == GZIP:
        try:
            data = gzip.GzipFile(fileobj=io.BytesIO(data)).read(limit + 1)
        except EOFError as error:
            raise DumpError(f"cannot load {name}: it is cut short, the gzip has no end") from error
        except (OSError, zlib.error) as error:
            raise DumpError(f"cannot load {name}: it is corrupt gzip: {error}") from error
        if not looks_like_pickle(within(data, name, limit)):
            raise DumpError(f"cannot load {name}: this is no dump: there is no pickle in the gzip")
    elif not looks_like_pickle(data):
        raise DumpError(f"cannot load {name}: this is no dump: neither gzip nor pickle")
    return bytes(data)


def looks_like_pickle(data: bytes) -> bool:
    """Tell whether data may be a pickle: one of protocol 0 or 1 begins as any text may."""
    return not data or data[0] == 0x80 or (data[:1] in b"c(]}NIKL" and data.rstrip(b"\n").endswith(b"."))


def unpickle(reader: Reader) -> Any:
    """Return what a pickle holds."""
    name = reader.name
    try:
        return reader.load()
    except DumpError:
        raise
    except EOFError as error:
        raise DumpError(f"cannot load {name}: it is cut short") from error
    except MemoryError as error:
        raise DumpError(f"cannot load {name}: there is not enough memory for it") from error
    except Exception as error:
        raise DumpError(f"cannot load {name}: it is corrupt: {type(error).__name__}: {error}") from error


def restore_all(tables: list[Any], unpickled: Any, name: str, most: int) -> Any:
    """Return what a pickle holds, restored: its tables, of which a later one may hold elements of those before it.

    most: see Earlier.
    """
    earlier = Earlier(most)
    restored: list[list[Any]] = []

    def restore_next(table: Any) -> list[Any]:
        try:
            checked = vetted(table, earlier)
            objects = restore.restore(checked)
        except ValueError as error:
            raise DumpError(f"cannot load {name}: {error}") from error
        earlier.sizes.update(zip(map(id, objects), checked["sizes"], strict=False))
        return objects

    for table in tables:
        restored.append(restore_next(with_elements(table, restored)))
    if type(unpickled) is Part:
        return unpickled.taken_from(restored)
    return restore_next(table_of(unpickled, restored))[0]


def with_elements(table: Any, restored: list[list[Any]]) -> Any:
    """Return a table with objects of earlier ones where elements of them stand."""
    records = table.get("records") if type(table) is dict else None
    if type(records) is not list:
        return table

    def resolved(record: Any) -> Any:
        is_element = type(record) is tuple and len(record) == 2 and type(record[1]) is Part
        return ("element", record[1].taken_from(restored)) if is_element and record[0] == "element" else record

    return {**table, "records": list(map(resolved, records))}


def same_class(loaded: Any) -> Any:
    """Return sys.exc_info()'s triple with the class that its exception has, where a stand-in was made for either."""
    if type(loaded) is tuple and len(loaded) == 3 and isinstance(loaded[1], BaseException):
        cls = type(loaded[1])
        if isinstance(loaded[0], type) and loaded[0].__qualname__ == cls.__qualname__:
            return (cls, *loaded[1:])
    return loaded


# ---------------------------------------------------------------------------------------------------------------------
# What a pickle may name
# ---------------------------------------------------------------------------------------------------------------------


class Reader(pickle.Unpickler):
    """Unpickles a dump, and finds the tables in it."""

    def __init__(self, data: bytes, name: str, *, trusted: bool) -> None:
        super().__init__(io.BytesIO(data))
        self.name, self.trusted = name, trusted
        self.most, self.spent = max(4 * len(data), opcodes.FREE), 0
        self.counted: set[int] = set()
        self.has_old_names = data[:1] != pickle.PROTO or data[1:2] < b"\x03"  # which such protocols write
        self.tables: list[dict[str, Any]] = []
        self.is_crash = False
        self.known: dict[tuple[str, str], Any] = {}

    def find_class(self, module: str, name: str) -> Any:
        if self.has_old_names:
            module, name = NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name))
        own = {("builtins", "eval"): self.restorer, ("_operator", "getitem"): element, ("operator", "getitem"): element}
        if (module, name) in own:
            return Callee(own[module, name])
        if self.trusted:
            return self.trusted_class(module, name)
        if (module, name) in DATA:
            return Callee(self.copied(module, name))
        if (module, name) not in self.known:
            self.known[module, name] = self.exception_class(module, name)
        return self.known[module, name]

    def restorer(self, *arguments: Any) -> Any:
        """Take the evaluation of a restorer: the installed one stands for it."""
        text = arguments[0] if arguments else None
        if type(text) is not str or text not in BOOTSTRAPS:
            self.refuse(f"builtins.eval of {text_shown(text)}")
        return Callee(self.snapshot)

    def snapshot(self, table: Any) -> Any:
        """Take the call of a restorer with its table."""
        self.is_crash = True
        self.spend_table(table)
        self.tables.append(table)
        if self.trusted:
            try:
                return Snapshot(0, restore.restore(table))
            except ValueError as error:
                raise DumpError(f"cannot load {self.name}: {error}") from error
        return Snapshot(len(self.tables) - 1, None)

    def spend_table(self, table: Any) -> None:
        """Count the texts and records of tables, each once, as a pickler writes it."""
        if type(table) is dict:
            sources, records = table.get("sources"), table.get("records")
            texts = list(sources.values()) if type(sources) is dict else []
            self.spend(sum(len(text) for text in texts if type(text) is str and id(text) not in self.counted))
            self.counted.update(map(id, texts))
            self.spend(len(records) if type(records) is list else 0)

    def spend(self, size: int) -> None:
        self.spent += size
        if self.spent > self.most:
            self.refuse("the same data many times")

    def copied(self, module: str, name: str) -> Callable[..., Any]:
        """Return what makes data of data, and counts it."""
        make = DATA[module, name]

        def counted(*arguments: Any) -> Any:
            self.spend(sum(len(item) for item in arguments if isinstance(item, (str, bytes, list, tuple))))
            return make(*arguments)

        return counted

    def trusted_class(self, module: str, name: str) -> Any:
        try:
            found = super().find_class(module, name)
        except (ImportError, AttributeError):
            return stand_in(module, name)
        self.is_crash = self.is_crash or (isinstance(found, type) and issubclass(found, BaseException))
        return found

    def exception_class(self, module: str, name: str) -> Any:
        """Return what stands for an exception's class; anything else is refused."""
        found = named(module, name)
        is_class = isinstance(found, type) and issubclass(found, BaseException)
        is_standard = module.partition(".")[0] in standard.STANDARD_MODULES
        if not is_class and (found is not None or (is_standard and not name.endswith(CLASS_ENDINGS))):
            self.refuse(f"{module}.{name}")
        self.is_crash = True
        builtin = next(base for base in raw.class_mro(found) if is_builtin(base)) if is_class else Exception
        return Class(module, name, builtin.__name__, is_class or name.endswith(CLASS_ENDINGS))

    def refuse(self, what: str) -> Any:
        raise UnsafeDumpError(f"cannot load {self.name} safely: it names {what}, which no crash consists of")


def named(module: str, name: str) -> Any:
    """Return what a module that is loaded has under a name, None where it has nothing; no code of it runs."""
    found: Any = sys.modules.get(module)
    if type(found) not in standard.MODULE_TYPES:
        return None
    for part in name.split("."):
        if isinstance(found, types.ModuleType):
            found = vars(found).get(part)
        elif isinstance(found, type):
            found = type.__dict__["__dict__"].__get__(found).get(part)
        else:
            return None
    return found


def is_builtin(cls: type) -> bool:
    return vars(builtins).get(raw.class_name(cls)) is cls


def stand_in(module: str, name: str) -> Any:
    """Return what stands for an exception's class: the real one where it is the standard library's and harmless."""
    found = standard.lookup(module, name)
    if isinstance(found, type) and issubclass(found, BaseException) and standard.is_real_class(found):
        return found
    module, name = clean_name(module), clean_name(name)
    return type(name.rpartition(".")[2], (Exception,), {"__module__": module, "__qualname__": name})


def text_shown(text: Any) -> str:
    return f"{text!a:.100}" if type(text) is str else f"a {type(text).__name__}"


class Callee(NamedTuple):
    """What a pickle may call. It is a tuple so that the pickle cannot change it."""

    function: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:
        return self.function(*arguments)


class Snapshot(NamedTuple):
    """A table, and its objects once they are restored."""

    number: int
    restored: list[Any] | None


def element(snapshot: Any, index: Any) -> Any:
    """Stand for operator.getitem of a snapshot and an index."""
    if type(snapshot) is not Snapshot or type(index) is not int or index < 0:
        raise pickle.UnpicklingError("an element of something else than a table is asked for")
    return Part(snapshot.number, index) if snapshot.restored is None else snapshot.restored[index]


def encode(text: str, encoding: str) -> bytes:
    """Stand for _codecs.encode, by which protocols 0 to 2 write bytes."""
    if type(text) is not str or encoding != "latin1":
        raise pickle.UnpicklingError("bytes are written in another way than pickle's")
    return text.encode("latin-1")


def integer(text: str, base: int) -> int:
    """Stand for int(text, 16), as long integers are written at protocols 0 and 1."""
    if type(text) is not str or base != 16:
        raise pickle.UnpicklingError("an integer is written in another way than keeptrace's")
    return int(text, 16)


def elements_of(kind: Any) -> Callable[..., Any]:
    """Return what makes a set of elements: few but plain data, since many of one hash are compared with each other."""

    def make(elements: Any = ()) -> Any:
        if type(elements) not in (list, tuple, set) or sum(map(is_container, elements)) > opcodes.MOST_KEYS:
            raise pickle.UnpicklingError(f"{kind.__name__} of other than a few elements, or plain data")
        return kind(elements)

    return make


def is_container(element: Any) -> bool:
    return type(element) not in ATOMS


def data_of(kind: Any) -> Callable[..., Any]:
    """Return what makes bytes or a bytearray of bytes or of nothing: a number would be a size."""

    def make(*arguments: Any) -> Any:
        if arguments and type(arguments[0]) is int:
            raise pickle.UnpicklingError(f"{kind.__name__} of a size")
        return kind(*arguments)

    return make


DATA: dict[tuple[str, str], Any] = {
    ("builtins", "complex"): builtins.complex,
    ("builtins", "frozenset"): elements_of(frozenset),
    ("builtins", "set"): elements_of(set),
    ("builtins", "bytes"): data_of(bytes),
    ("builtins", "bytearray"): data_of(bytearray),
    ("builtins", "int"): integer,
    ("_codecs", "encode"): encode,
}
