"""load: what is opened, and that nothing else is: no code runs, and nothing exhausts the machine."""

from __future__ import annotations

import builtins
import collections
import gzip
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any

import cloudpickle
import dill
import interpreters
import pytest
from samples import alike

import keeptrace
from keeptrace.files import reading
from keeptrace.reducers import Restorer

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable

pytestmark = pytest.mark.live_stack

PICKLERS = {"pickle": pickle, "Python's own": None, "cloudpickle": cloudpickle, "dill": dill}
TARGETS: list[str] = []
SMALL = keeptrace.Limits(frames=1, source=0, objects=300)

dill.extend(use_dill=False)  # it changes Python's own pickler where it is imported


def open_target(name: str) -> str:
    TARGETS.append(name)
    return name


class OrderError(Exception):
    """An application's own exception."""


def crash(cls: type[Exception] = OrderError) -> Exception:
    basket = {"pens": 0}
    try:
        refuse(cls("no pens", basket["pens"]), Customer())
    except cls as error:
        return error
    raise AssertionError


def refuse(error: Exception, owner: object) -> None:
    raise error


class Customer:
    """An application's own object, which tells when it is unpickled."""

    def __reduce__(self) -> Any:
        return open_target, ("opened",)


def dumped(obj: Any, name: str, protocol: int) -> bytes:
    if name == "Python's own":
        file = io.BytesIO()
        pickle._Pickler(file, protocol).dump(obj)
        return file.getvalue()
    written: bytes = PICKLERS[name].dumps(obj, protocol)
    return written


# -- what is opened ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("name", PICKLERS)
def test_stock_dumps_of_any_kind_load(name: str, protocol: int) -> None:
    """Whatever pickler wrote it at whatever protocol: crashes, their triple, and plain containers of them."""
    keeptrace.init(limits=SMALL)
    error = crash()
    numbers = () if name == "dill" else (3j, 10**40, -(10**20), b"\xff\0", b"")
    held = {"error": error, "all": [error, (1, 2.5, None, True, "\u20ac", "", *numbers)]}
    loaded = keeptrace.load(dumped(held, name, protocol))
    assert str(loaded["error"]) == "('no pens', 0)"
    assert loaded["all"][0] is loaded["error"]
    assert loaded["all"][1] == held["all"][1]  # type: ignore[index]
    cls, value, found = keeptrace.load(dumped((type(error), error, error.__traceback__), name, protocol))
    assert (cls is type(value), value.__traceback__ is found) == (True, True)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_sets_and_keys_load(protocol: int) -> None:
    """Containers that hash what they hold."""
    keeptrace.init(limits=SMALL)
    held = {"crash": crash(), "set": {1, "a"}, "frozen": frozenset([(1, 2)]), ("a", 1): bytearray(b"x"), 2**70: 1}
    loaded = keeptrace.load(pickle.dumps(held, protocol))
    assert {**loaded, "crash": None} == {**held, "crash": None}


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_plain_exceptions_load(protocol: int) -> None:
    """Exceptions that Python's own pickling keeps, with their attributes; the application's classes get stand-ins."""
    keeptrace.init()
    error, own = FileNotFoundError(2, "no such file", "x"), OrderError("no pens")
    vars(error)["order"] = vars(own)["order"] = 7
    loaded = keeptrace.load(pickle.dumps([error, own, KeyError("k")], protocol))
    assert [str(each) for each in loaded] == [str(error), "no pens", "'k'"]
    assert [type(each).__name__ for each in loaded] == ["FileNotFoundError", "OrderError", "KeyError"]
    assert (loaded[0].order, loaded[1].order, loaded[0].filename) == (7, 7, "x")


def holding_itself() -> BaseException:
    error = ValueError("a")
    error.args = ("b", [error, error])
    return error


ORDINARY: dict[str, Callable[[], BaseException]] = {
    "without arguments": ValueError,
    "of anything": lambda: ValueError([1, {"a": (2.5, None)}], "text", b"x", {3}),
    "of itself": holding_itself,
    "of a number": lambda: OSError(2, "no such file", "a", None, "b"),
    "of a key": lambda: KeyError(("a", 1)),
    "of a syntax": lambda: SyntaxError("no", ("a.py", 1, 2, "a b", 1, 3)),
    "of unicode": lambda: UnicodeDecodeError("ascii", b"ab\xff", 2, 3, "no"),
    "of unicode written": lambda: UnicodeEncodeError("ascii", "ab\xff", 2, 3, "no"),
    "of an import": lambda: ImportError("no", name="a", path="b"),
    "of an iterator": lambda: StopIteration([1]),
    "that exits": lambda: SystemExit(3),
    "of the library": lambda: json.JSONDecodeError("no", "{a", 1),
    "of a process": lambda: subprocess.CalledProcessError(3, ["a", "b"]),
}


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("name", ORDINARY)
def test_plain_exceptions_are_what_stock_loading_makes_of_them(name: str, protocol: int) -> None:
    """Type, arguments, text, fields and attributes; what was one object is one."""
    keeptrace.init()
    error = ORDINARY[name]()
    if name != "of the library":  # whose attributes its own way of pickling leaves out
        vars(error).update(order=[7], again=error)
    data = pickle.dumps([error, {"same": error}], protocol)
    stock, safe = (load(data) for load in (pickle.loads, keeptrace.load))
    assert list(alike.differences(stock, safe)) == []
    assert (type(safe[0]), safe[0] is safe[1]["same"]) == (type(error), True)
    assert vars(safe[0]).get("again", safe[0]) is safe[0]
    for field in ("filename", "filename2", "errno", "msg", "offset", "end_offset", "start", "reason", "path", "code"):
        assert getattr(safe[0], field, None) == getattr(stock[0], field, None)
    assert traceback.format_exception(stock[0]) == traceback.format_exception(safe[0])


@pytest.mark.skipif(sys.version_info < (3, 11), reason="there are no groups")
def test_plain_groups_load() -> None:
    """With crashes among their members, each once."""
    keeptrace.init(limits=SMALL)
    error = crash()
    group: Any = builtins.ExceptionGroup("two", [error, ValueError(1)])  # type: ignore[attr-defined]
    loaded = keeptrace.load(pickle.dumps([group, error]))
    assert (loaded[0].message, str(loaded[0].exceptions[1])) == ("two", "1")
    assert loaded[0].exceptions[0] is loaded[1]
    assert loaded[1].__traceback__ is not None


def lists_in_lists() -> Any:
    """Return what is small, and has no end where it is shown."""
    held: Any = ["lol"]
    for _ in range(30):
        held = [held] * 10
    return held


def test_an_argument_that_is_too_large_leaves_the_others() -> None:
    """A marker stands for it, as in a variable; not for the exception, nor for all its arguments."""
    nest = lists_in_lists()
    loaded = keeptrace.load(keeptrace.dumps(ValueError("tray", nest, 2), depth=-1))
    assert (loaded.args[0], loaded.args[2]) == ("tray", 2)
    assert "left out" in repr(loaded.args[1])


def test_a_class_may_be_named_as_pythons_groups() -> None:
    """An application's own is no group."""
    error = type("ExceptionGroup", (Exception,), {"__module__": __name__})("two", 2)
    globals()["ExceptionGroup"] = type(error)
    data = pickle.dumps(error)
    del globals()["ExceptionGroup"]
    loaded = keeptrace.load(data)
    assert (type(loaded).__name__, loaded.args) == ("ExceptionGroup", ("two", 2))


HOSTILE_EXCEPTIONS: dict[str, tuple[Any, tuple[Any, ...], dict[str, Any]]] = {
    "lists in lists": (ValueError, (lists_in_lists(),), {}),
    "lists in lists as an attribute": (ValueError, (1,), {"__notes__": lists_in_lists()}),
    "text beyond its end": (UnicodeDecodeError, ("utf-8", b"a", -(2**40), -(2**40) + 1, "r"), {}),
    "text beyond its end, later": (UnicodeDecodeError, ("utf-8", b"a", 0, 1, "r"), {"start": 2**40, "end": 2**41}),
    "text of nothing": (UnicodeDecodeError, (), {"object": b"a", "end": 2**41}),
    "carets": (SyntaxError, ("m", ("f.py", 1, 1, "x", 1, 10**9)), {}),
    "carets, later": (SyntaxError, ("m", ("f.py", 1, 1, "x", 1, 2)), {"end_offset": 10**9}),
    "a module": (ImportError, ("x",), {"name": "evil", "name_from": "y"}),
    "a module's class": (ModuleNotFoundError, ("x",), {"name": "evil", "name_from": "y"}),
    "a library's module": (ImportError, ("x",), {"name": "antigravity", "name_from": "fly42"}),
    "escapes": (ValueError, ("\x1b]0;title\x07",), {"__notes__": ["\x1b[31m"]}),
    "escapes in a file's name": (OSError, (2, "\x1b[31m", "x"), {}),
}  # fmt: skip
LOOK = """
import pickle, sys, traceback
sys.path.insert(0, sys.argv[1])
import keeptrace
before = set(sys.modules)
for data in pickle.load(open(sys.argv[2], "rb")):
    try:
        loaded = keeptrace.load(data)
    except keeptrace.DumpError as error:
        print(error)
        continue
    for found in loaded:
        text = "".join(traceback.format_exception(type(found), found, found.__traceback__)) + str(found) + repr(found)
        assert len(text) < 64 * 2**20, len(text)
        assert "\x1b" not in text, text
print(set(sys.modules) & {"evil", "antigravity"})
"""


class Natively:
    """What pickles as an exception, whatever its arguments and attributes."""

    def __init__(self, *reduced: Any) -> None:
        self.reduced = reduced

    def __reduce__(self) -> Any:
        return self.reduced


def test_plain_exceptions_do_no_harm(recorder: str, tmp_path: pathlib.Path) -> None:
    """Printing them imports nothing, ends, and kills no version of Python."""
    (tmp_path / "evil.py").write_text("")
    dumps = [pickle.dumps([Natively(*reduced)], 4) for reduced in HOSTILE_EXCEPTIONS.values()]
    (tmp_path / "dumps").write_bytes(pickle.dumps(dumps))
    command = [interpreters.found()[recorder], "-c", LOOK, str(tmp_path), str(tmp_path / "dumps")]
    printed = interpreters.run(command, cwd=tmp_path, **interpreters.keeptrace_importable())
    assert printed == "set()\n"


def test_a_missing_class_gets_a_stand_in() -> None:
    """sys.exc_info() starts with a class that stock pickle cannot load where it is missing."""
    program = (
        "import pickle, sys, keeptrace\nclass PaperJam(Exception): pass\nPaperJam.__module__ = 'printer.errors'\n"
        "sys.modules['printer.errors'] = sys.modules['printer'] = sys.modules['__main__']\nkeeptrace.init()\n"
        "try: raise PaperJam('tray 2')\nexcept PaperJam: sys.stdout.buffer.write(pickle.dumps(sys.exc_info()))"
    )
    environment = {**os.environ, **interpreters.keeptrace_importable()}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, env=environment)
    with pytest.raises(ModuleNotFoundError):
        pickle.loads(done.stdout)
    for trust in (False, True):
        cls, error, found = keeptrace.load(done.stdout, trust=trust)
        assert (cls.__module__, cls.__name__, str(error)) == ("printer.errors", "PaperJam", "tray 2")
        assert traceback.extract_tb(found)[0].name == "<module>"


def test_paths_files_and_bytes(tmp_path: pathlib.Path) -> None:
    """A path, an open file, standard input's kind that cannot seek, bytes; gzipped or not."""
    path = keeptrace.dump(crash(), directory=tmp_path, limits=SMALL)
    data = path.read_bytes()
    reader, writer = os.pipe()
    os.write(writer, keeptrace.dumps(ValueError("piped"), include_source=False)[:65_536])
    os.close(writer)
    with path.open("rb") as file, os.fdopen(reader, "rb") as pipe:
        found = [keeptrace.load(each) for each in (path, str(path), file, data, bytearray(data), gzip.decompress(data))]
        assert str(keeptrace.load(pipe)) == "piped"
    assert [str(each) for each in found] == ["('no pens', 0)"] * 6


def test_no_blob_is_opened_but_with_trust() -> None:
    """A blob's mock stands for it; trust=True opens it."""
    data = keeptrace.dumps(crash(), pickler=pickle, limits=SMALL)
    TARGETS.clear()
    keeptrace.load(data)
    assert TARGETS == []
    keeptrace.load(data, trust=True)
    assert TARGETS == ["opened"]


def test_the_restorer_in_the_file_does_not_run() -> None:
    """Not even with trust: the installed one is used."""
    data = gzip.decompress(keeptrace.dumps(crash(), include_source=False))
    evil = data.replace(b"def restore(", b"not restore(", 1)
    assert evil != data
    for trust in (False, True):
        assert str(keeptrace.load(evil, trust=trust)) == "('no pens', 0)"


# -- what is no dump --------------------------------------------------------------------------------------------------


def refused(data: bytes, expected: type[Exception] = keeptrace.DumpError, limit: int = reading.LIMIT) -> str:
    started = time.process_time()
    with pytest.raises(expected) as caught:
        keeptrace.load(data, limit=limit)
    assert time.process_time() - started < 5
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is cut short: it is empty"),
        (b"PK\x03\x04", "this is no dump: neither gzip nor pickle"),
        (b"hello, world", "this is no dump: neither gzip nor pickle"),
        (gzip.compress(b"", mtime=0), "it is cut short: it is empty"),
        (gzip.compress(b"hello", mtime=0), "this is no dump: there is no pickle in the gzip"),
        (pickle.dumps([1, 2, 3]), "it is a pickle, but there is no crash in it"),
        (b"\x80", "it is cut short, or corrupt: byte 1 of the pickle announces 1 bytes and 0 are left"),
        (b"\x80\x09.", "pickle protocol 9 is newer than 5"),
        (b"\x80\x04.", "it is corrupt, at byte 2 of the pickle"),
        (b"\x80\x04]\xff.", "it is corrupt, at byte 3 of the pickle"),
    ],
)
def test_what_is_no_dump_says_so(data: bytes, reason: str) -> None:
    """One reason each."""
    assert refused(data) == f"cannot load {len(data):,} bytes: {reason}"


def test_every_cut_is_noticed() -> None:
    """A file that ends too early is cut short, wherever it ends."""
    data = keeptrace.dumps(crash(), depth=1, limits=SMALL)
    pickled = gzip.decompress(data)
    for cut in range(2, len(data), 499):
        assert "cut short" in refused(data[:cut])
    for cut in range(2, len(pickled), 1_499):
        assert "cut short" in refused(pickled[:cut])


def test_flipped_bytes_are_noticed_or_do_no_harm() -> None:
    """A damaged file is a DumpError; damage that hits only a text may go unnoticed."""
    data = bytearray(gzip.decompress(keeptrace.dumps(crash(), depth=1, limits=SMALL)))
    start = data.index(b"records") - 200
    for at in range(start, len(data), 337):
        damaged = bytes(data[:at]) + bytes([data[at] ^ 0x15]) + bytes(data[at + 1 :])
        try:
            keeptrace.load(damaged)
        except keeptrace.DumpError:
            continue
    zipped = bytearray(keeptrace.dumps(crash()))
    zipped[-6] ^= 1
    assert "corrupt" in refused(bytes(zipped))


def table(**changes: Any) -> dict[str, Any]:
    return {"format": 1, "python": (3, 12, 0), "sources": {}, "records": [("plain", [1])], **changes}


class Call:
    """What pickles as a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.reduced = function, arguments

    def __reduce__(self) -> Any:
        return self.reduced


def entry(text: str = Restorer.bootstrap) -> Call:
    return Call(eval, text, {"source": ""})


class Called:
    """What pickles as a call of something that is not a function yet."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments


class CallPickler(pickle._Pickler):
    """Writes calls of whatever an object pickles as."""

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if type(obj) is Called:
            self.save(obj.function)
            self.save(obj.arguments)
            self.write(pickle.REDUCE)  # type: ignore[attr-defined]
        else:
            super().save(obj, save_persistent_id)  # type: ignore[misc]


def written(obj: Any) -> bytes:
    file = io.BytesIO()
    CallPickler(file, 4).dump(obj)
    return file.getvalue()


def test_a_table_of_a_newer_format_says_so() -> None:
    """What to do is said too."""
    data = written(Called(entry(), table(format=99)))
    assert "format 99" in refused(data)
    assert "load it with a newer keeptrace" in refused(data)


# -- what is malicious ------------------------------------------------------------------------------------------------

MARK = f"{__file__}.ran"


def element(index: Any = 0, **changes: Any) -> Call:
    from _operator import getitem

    return Call(getitem, Called(entry(), table(**changes)), index)


HOSTILE: dict[str, tuple[Callable[[], Any], str]] = {
    "os.system": (lambda: Call(os.system, f"touch {MARK}"), f"{os.system.__module__}.system"),
    "exec": (lambda: Call(exec, f"open({MARK!r}, 'w')"), "builtins.exec"),
    "eval": (lambda: Call(eval, f"open({MARK!r}, 'w')"), "builtins.eval of"),
    "eval and more": (lambda: entry(Restorer.bootstrap + " and 1"), "builtins.eval of"),
    "open": (lambda: Call(open, MARK, "w"), "open"),
    "getattr": (lambda: Call(getattr, 1, "real"), "builtins.getattr"),
    "__import__": (lambda: Call(__import__, "os"), "builtins.__import__"),
    "subprocess": (lambda: Call(subprocess.Popen, ["touch", MARK]), "subprocess.Popen"),
    "of a module that is not loaded": (lambda: None, "idlelib.pyshell.main"),
    "of an application": (lambda: Call(crash), "crash"),
    "nested": (lambda: [element(), {"a": (Call(os.system, f"touch {MARK}"),)}], ".system"),
    "in a table": (lambda: element(records=[("plain", [Call(os.system, f"touch {MARK}")])]), ".system"),
    "class of the library": (lambda: Call(collections.OrderedDict), "collections.OrderedDict"),
    "a size": (lambda: [element(), Call(bytearray, 2**40)], "bytearray of a size"),
}


def hostile(case: str) -> bytes:
    if case == "of a module that is not loaded":
        return b"\x80\x04cidlelib.pyshell\nmain\n)R."
    return written(HOSTILE[case][0]())


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.parametrize("zipped", [False, True])
def test_hostile_pickles_run_nothing(case: str, zipped: bool) -> None:
    """What could run code is refused by its name."""
    data = hostile(case)
    message = refused(gzip.compress(data) if zipped else data)
    assert HOSTILE[case][1] in message
    assert not os.path.exists(MARK)


@pytest.mark.parametrize("case", [case for case in HOSTILE if case != "a size"])
def test_hostile_pickles_are_unsafe(case: str) -> None:
    """They are told from what is merely broken."""
    assert "safely" in refused(hostile(case), keeptrace.UnsafeDumpError)


def test_blobs_of_a_table_stay_closed() -> None:
    """A blob that would run code is not even looked at."""
    blob = pickle.dumps(Call(os.system, f"touch {MARK}"))
    assert keeptrace.load(written(element(blobs={0: blob}))) == [1]
    assert not os.path.exists(MARK)


def test_restored_objects_cannot_be_called_or_changed() -> None:
    """A table may name a class or a function that comes back as itself: the pickle around it cannot use it."""
    for record in (("global", "os", "system", ()), ("global", "builtins", "print", ()), ("plain", [1])):
        assert "corrupt" in refused(written(Called(element(records=[record]), "touch x")))
    part = written(element())[:-1]
    for use in (b"}b.", b"Nb.", b"N}\x86b.", b"K\x05a.", b"K\x01K\x02s.", b"(K\x01e.", b"(K\x01\x90.", b")R."):
        refused(part + use)


OPCODES = {
    "persistent id": (b"Px\n.", "persistent id"),
    "binary persistent id": (b"NQ.", "persistent id"),
    "extension": (b"\x82\x01.", "extension code"),
    "instance": (b"(ios\nsystem\n.", "INST"),
    "object": (b"(cos\nsystem\no.", "OBJ"),
    "new object": (b"cbuiltins\nValueError\n)\x81.", "NEWOBJ"),
    "buffer": (b"\x97.", "NEXT_BUFFER"),
    "duplicates": (b"]2.", "DUP"),
    "memo of gibibytes": (b"]r\xff\xff\xff\x7f.", "room for 2,147,483,647 objects"),
    "memo of gibibytes, as text": (b"]p2147483647\n.", "room for 2,147,483,647 objects"),
    "text of exbibytes": (b"\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.", "announces 9,223,372,036,854,775,807 bytes"),
    "bytes of exbibytes": (b"\x8e\xff\xff\xff\xff\xff\xff\xff\x7f.", "announces"),
    "frame of exbibytes": (b"\x95\xff\xff\xff\xff\xff\xff\xff\x7f.", "announces"),
    "an integer of gibibytes": (b"\x8b\xff\xff\xff\x7f.", "announces 2,147,483,647 bytes"),
    "a million digits": (b"I" + b"9" * 1_000_000 + b"\n.", "a number of 1,000,000 digits"),
    "nested tuples": (b")" + b"\x85" * 1_000_000 + b".", "tuples in each other"),
    "nested tuples as a key": (b"})" + b"\x85" * 1_000_000 + b"Ns.", "tuples in each other"),
    "nested tuples, memoized": (b")" + b"\x85\x94" * 100_000 + b".", "tuples in each other"),
    "keys of one hash": (
        b"}(" + b"".join(b"\x8a\x0b" + (n * (2**61 - 1)).to_bytes(11, "little") + b"N" for n in range(50_000)) + b"u.",
        "integers have the same hash",
    ),
    "tuples of one hash": (b"}(" + b"K\x01\x85N" * 50_000 + b"u.", "tuples or objects are keys"),
    "sets": (b"(" + b"\x8f" * 1_000_000 + b"l.", "bytes of memory"),
    "nothing on the stack": (b"a.", "corrupt"),
    "no mark": (b"Ne.", "corrupt"),
    "a memo that is empty": (b"h\x05.", "corrupt"),
}


@pytest.mark.parametrize("case", OPCODES)
def test_hostile_opcodes_exhaust_nothing(case: str) -> None:
    """Counts, depths and collisions are bounded before the unpickler sees them."""
    code, expected = OPCODES[case]
    assert expected in refused(b"\x80\x04" + code, limit=4 * 2**20)


def test_nested_lists_do_no_harm() -> None:
    """A million lists in each other hold no crash; nothing recurses over them."""
    assert "no crash" in refused(b"\x80\x04" + b"]" * 100_000 + b"a" * 99_999 + b".")


def test_what_was_restored_is_no_endless_key_around_the_tables() -> None:
    """Nor is it shown without end there: what is known of it goes on from one table to the next."""
    facts = {"frozen": True, "compare": ("a", "b"), "repr": "fields"}
    frozen: list[tuple[Any, ...]] = [("class", "Key", "Key", "app", (), {}, facts)]
    frozen += [("object", (0,), None, {"a": 1, "b": 2}, None)]
    frozen += [("object", (0,), None, {"a": (index,), "b": (index,)}, None) for index in range(1, 100)]
    lists = [("plain", ["x" * 99]), *(("list", [(index,)] * 10) for index in range(5))]
    (key,) = keeptrace.load(written({element(100, records=frozen): element(records=[("plain", [1])])}))
    assert repr(key) == "<left out: too large for a key>"
    loaded = keeptrace.load(written([[element(5, records=lists)] * 99] * 99))
    assert len(repr(loaded)) < 64 * 2**20


def test_integers_of_one_hash_are_compared_as_keys_only() -> None:
    """In a list they do no harm."""
    powers = [2**index for index in range(12_000)]
    error = ValueError(powers)
    assert keeptrace.load(keeptrace.dumps(error)).args == (powers,)


def test_the_same_data_is_not_copied_endlessly() -> None:
    """Bytes that are made of one text again and again, and a table that is restored again and again."""
    copies = b"\x80\x04c_codecs\nencode\n0]X" + struct.pack("<I", 10**6) + b"x" * 10**6 + b"\x940"
    copies += b"c_codecs\nencode\n(h\x00X\x06\0\0\0latin1tR" * 1_000 + b"."
    assert "the same data many times" in refused(copies)


def test_a_gzip_bomb_stops_at_the_limit() -> None:
    """Gibibytes of zeros in a small file are not decompressed."""
    bomb = gzip.compress(b"\x80\x04" + b"]" * 50 * 2**20)
    with pytest.raises(
        keeptrace.DumpError, match=r"more than 1,000,000 bytes; load\(limit=...\) or --limit allows more"
    ):
        keeptrace.load(bomb, limit=1_000_000)


def test_a_limit_can_be_raised() -> None:
    """What is refused for its size loads with another limit."""
    data = keeptrace.dumps(crash())
    with pytest.raises(keeptrace.DumpError, match="allows more"):
        keeptrace.load(data, limit=100)
    assert str(keeptrace.load(data, limit=10**7)) == "('no pens', 0)"


@pytest.mark.parametrize("wrong", [5, None, "text"])
def test_wrong_arguments_say_what_is_expected(wrong: Any) -> None:
    """A path, a binary file, or bytes."""
    if wrong == "text":
        with pytest.raises(TypeError, match="a file opened in binary mode is expected"):
            keeptrace.load(io.StringIO("text"))  # type: ignore[arg-type]
    else:
        with pytest.raises(TypeError, match="a path, a binary file or bytes are expected"):
            keeptrace.load(wrong)


def test_what_is_allowed_is_what_is_listed() -> None:
    """The names that a pickle may call beside exceptions: a new one has to be thought about here."""
    assert sorted(reading.DATA) == [
        ("_codecs", "encode"), ("builtins", "bytearray"), ("builtins", "bytes"), ("builtins", "complex"),
        ("builtins", "frozenset"), ("builtins", "int"), ("builtins", "set"),
    ]  # fmt: skip
    assert all(hasattr(builtins, name) for module, name in reading.DATA if module == "builtins")
