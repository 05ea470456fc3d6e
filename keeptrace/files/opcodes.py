"""Reads a pickle without running it: is it whole, and does it do what no pickled crash does?

The unpickler is C code that trusts its input: it hashes tuples by recursion, makes room for any memo index, and
compares keys of one hash with each other. What would exhaust the machine is refused here, before it runs. What the
pickle names and calls is for the unpickler (reading.py).

A stack is kept as the unpickler would keep it, of numbers: how deep a value is hashed, 0 where it is no container; of
an integer that may have the hash of others a negative number, the same for all of one hash.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from keeptrace.files.errors import DumpError, UnsafeDumpError

if TYPE_CHECKING:
    from collections.abc import Callable

DEEPEST = 100  # tuples in each other; those of a crash are no deeper than the forms of packed records
MOST_KEYS = 10_000  # tuples, or objects, that are keys or in sets; no table has any
MOST_COMPARED = 10**7  # times that integers of one hash are compared with each other, for 64 bytes of each
LONGEST_NUMBER = 5_000  # decimal digits
NEWEST_PROTOCOL = 5
CONTAINER, SET, TUPLE = 88, 224, 64  # bytes that an empty one takes, and its place in another
ITEM = 8
FREE = 64 * 2**20  # bytes that any pickle may take

SHORT = 64  # characters, or bytes: of a longer one its step takes less time than compiling a length more
_SHORT = b"|".join(re.escape(bytes([n])) + (b".{%d}" % n if n else b"") for n in range(SHORT))
_SMALL = b"|".join(re.escape(bytes([n])) + (b".{%d}" % n if n else b"") for n in range(8))
ATOM = re.compile(
    rb"(?:[N\x88\x89]|K.|M..|J....|G.{8}|[\x8cC](?:" + _SHORT + rb")|\x8a(?:" + _SMALL + rb"))(\x94?)", re.DOTALL
)
ATOMS = re.compile(rb"(?:" + ATOM.pattern.replace(b"(\\x94?)", b"\\x94?") + rb"){1,1000}", re.DOTALL)
NEVER = {
    b"P": "a persistent id", b"Q": "a persistent id", b"i": "INST", b"o": "OBJ", b"2": "DUP", b"\x81": "NEWOBJ",
    b"\x92": "NEWOBJ_EX", b"\x82": "an extension code", b"\x83": "an extension code", b"\x84": "an extension code",
    b"\x97": "NEXT_BUFFER", b"\x98": "READONLY_BUFFER", b"S": "STRING", b"T": "BINSTRING", b"U": "SHORT_BINSTRING",
}  # fmt: skip


def check(data: bytes, name: str, most_memory: int) -> None:
    """Check a pickle from elsewhere.

    name: of the file, for the messages.
    most_memory: bytes that what it makes may take at most, as estimated.

    Raises DumpError where it is cut short or corrupt, UnsafeDumpError where it holds what a crash does not.
    """
    Scan(data, name, max(most_memory, FREE)).run()


class Scan:
    """One pickle, as far as it has been read."""

    def __init__(self, data: bytes, name: str, most_memory: int) -> None:
        self.data, self.name, self.most_memory = data, name, most_memory
        self.at = 0
        self.stack: list[int] = []
        self.marks: list[int] = []
        self.memo: dict[int, int] = {}
        self.memo_size = 0
        self.memory = 0
        self.keys = 0
        self.met: dict[int, int] = {}
        self.weights: dict[int, int] = {}
        self.compared = 0

    def run(self) -> None:
        data, run_of_atoms, most = self.data, ATOMS.match, self.most_memory
        while True:
            found = run_of_atoms(data, self.at)
            if found is not None:
                memoized = ATOM.findall(data, self.at, found.end())
                self.stack += [0] * len(memoized)
                self.memo_size += memoized.count(b"\x94")
                self.memory += ITEM * len(memoized)
                self.at = found.end()
                continue  # another run may follow
            code = data[self.at : self.at + 1]
            if code == b".":
                self.need(1)
                return
            step = STEPS.get(code)
            if step is None:
                self.refuse_code(code)
            self.at += 1
            step(self)
            if self.memory > most:
                self.unsafe(f"it would take more than {most:,} bytes of memory; load(limit=...) or --limit allows more")

    # Refusing

    def refuse_code(self, code: bytes) -> NoReturn:
        if code in NEVER and self.at:
            self.unsafe(f"byte {self.at:,} asks for {NEVER[code]}, which no pickled crash holds")
        if not code or code in BEGUN:
            raise DumpError(f"cannot load {self.name}: it is cut short, after {len(self.data):,} bytes of pickle")
        self.corrupt()

    def corrupt(self) -> NoReturn:
        raise DumpError(f"cannot load {self.name}: it is corrupt, at byte {self.at:,} of the pickle")

    def unsafe(self, why: str) -> NoReturn:
        raise UnsafeDumpError(f"cannot load {self.name} safely: {why}")

    # Reading

    def taken(self, count: int) -> bytes:
        found = self.data[self.at : self.at + count]
        self.skip(count)
        return found

    def number(self, count: int) -> int:
        return int.from_bytes(self.taken(count), "little")

    def skip(self, count: int) -> None:
        self.at += count
        if self.at > len(self.data):
            raise DumpError(
                f"cannot load {self.name}: it is cut short, or corrupt: byte {self.at - count:,} of the pickle "
                f"announces {count:,} bytes and {len(self.data) - self.at + count:,} are left"
            )

    def line(self) -> bytes:
        end = self.data.find(b"\n", self.at)
        found = self.taken((end if end >= 0 else len(self.data)) + 1 - self.at)
        return found[:-1]

    # The stack

    def need(self, count: int) -> None:
        """See to it that the stack holds values, above the last mark."""
        if len(self.stack) - (self.marks[-1] if self.marks else 0) < count:
            self.corrupt()

    def push(self, depth: int = 0, size: int = ITEM) -> None:
        self.stack.append(depth)
        self.memory += size
        if depth > DEEPEST:
            self.unsafe(f"more than {DEEPEST} tuples in each other, at byte {self.at:,} of the pickle")

    def popped(self, count: int) -> list[int]:
        self.need(count)
        found = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return found

    def since_mark(self) -> list[int]:
        if not self.marks:
            self.corrupt()
        return self.popped(len(self.stack) - self.marks.pop()) if len(self.stack) > self.marks[-1] else self.no_items()

    def no_items(self) -> list[int]:
        self.marks.pop()
        return []

    def hash(self, depths: list[int]) -> None:
        """Count what is hashed: a few of what may have the same hash do no harm."""
        for found in filter(None, depths):
            if found > 0:
                self.keys += 1
            else:
                before = self.met.get(found, 0)
                self.met[found] = before + 1
                self.compared += before * self.weights.get(found, 1)
        if self.keys > MOST_KEYS:
            self.unsafe(f"more than {MOST_KEYS:,} tuples or objects are keys")
        if self.compared > MOST_COMPARED:
            self.unsafe("too many keys that are integers have the same hash")

    # The memo

    def put(self, index: int) -> None:
        self.need(1)
        if index > self.at:
            self.unsafe(f"byte {self.at:,} asks for room for {index:,} objects")
        self.memo[index] = self.stack[-1]
        self.memo_size += 1

    def memoize(self) -> None:
        self.need(1)
        if self.stack[-1]:
            self.memo[self.memo_size] = self.stack[-1]
        self.memo_size += 1
        self.memory += ITEM

    def get(self, index: int) -> None:
        self.push(self.memo.get(index, 0))

    # Values

    def long(self, count: int) -> None:
        data = self.taken(count)
        self.push(self.hashed(int.from_bytes(data, "little", signed=True)) if count >= 8 else 0, ITEM + count)

    def hashed(self, value: int) -> int:
        """Return what stands for an integer of more than 63 bits on the stack."""
        found, size = -1 - abs(hash(value)), value.bit_length() // 512
        if size:
            self.weights[found] = max(self.weights.get(found, 1), size)
        return found

    def text(self, count: int) -> None:
        self.skip(count)
        self.push(0, ITEM + count)

    def decimal(self) -> None:
        digits = self.line()
        if len(digits) > LONGEST_NUMBER:
            self.unsafe(f"a number of {len(digits):,} digits")
        digits = digits.rstrip(b"L")
        is_long = 18 < len(digits) <= 4_000 and digits.lstrip(b"-").isdigit()
        self.push(self.hashed(int(digits)) if is_long else 0)

    def index(self) -> int:
        digits = self.line()
        if not digits.isdigit() or len(digits) > 18:
            self.corrupt()
        return int(digits)

    def tuple_of(self, depths: list[int]) -> None:
        self.push(1 + max(0, max(depths, default=0)), TUPLE + ITEM * len(depths))

    def appended(self, count: int) -> None:
        self.popped(count)
        self.need(1)

    def protocol(self) -> None:
        found = self.number(1)
        if found > NEWEST_PROTOCOL:
            raise DumpError(f"cannot load {self.name}: pickle protocol {found} is newer than {NEWEST_PROTOCOL}")


def mark(scan: Scan) -> None:
    scan.marks.append(len(scan.stack))
    scan.memory += ITEM


def pop(scan: Scan) -> None:
    if scan.marks and scan.marks[-1] == len(scan.stack):
        scan.marks.pop()
    else:
        scan.popped(1)


def make_tuple(count: int) -> Callable[[Scan], None]:
    return lambda scan: scan.tuple_of(scan.popped(count))


def make_list(scan: Scan) -> None:
    scan.since_mark()
    scan.push(0, CONTAINER)


def make_dict(scan: Scan) -> None:
    scan.hash(scan.since_mark()[::2])
    scan.push(0, CONTAINER)


def append_all(scan: Scan) -> None:
    scan.since_mark()
    scan.need(1)


def set_item(scan: Scan) -> None:
    scan.hash(scan.popped(2)[:1])
    scan.need(1)


def set_items(scan: Scan) -> None:
    items = scan.since_mark()
    scan.hash(items[::2])
    scan.memory += CONTAINER // 2 * len(items)
    scan.need(1)


def add_items(scan: Scan) -> None:
    items = scan.since_mark()
    scan.hash(items)
    scan.memory += CONTAINER // 2 * len(items)
    scan.need(1)


def make_frozenset(scan: Scan) -> None:
    items = scan.since_mark()
    scan.hash(items)
    scan.push(1 + max(0, max(items, default=0)), SET + CONTAINER // 2 * len(items))


def call(scan: Scan) -> None:
    """Take what is called and its arguments: what it returns may be hashed as deep as these are."""
    arguments = scan.popped(2)[1]
    scan.push(max(arguments, 0), SET)


def global_name(scan: Scan) -> None:
    scan.line()
    scan.line()
    scan.push()


def stack_global(scan: Scan) -> None:
    scan.popped(2)
    scan.push()


def void(_: list[int]) -> None:
    """Leave what was popped."""


def announced(scan: Scan) -> None:
    """Check that a frame's length is there; what is in it is read as if it had none."""
    start = scan.at + 8
    scan.skip(scan.number(8))
    scan.at = start


STEPS: dict[bytes, Callable[[Scan], None]] = {
    b"(": mark,
    b"0": pop,
    b"1": lambda scan: void(scan.since_mark()),
    b"t": lambda scan: scan.tuple_of(scan.since_mark()),
    b")": lambda scan: scan.push(),
    b"\x85": make_tuple(1),
    b"\x86": make_tuple(2),
    b"\x87": make_tuple(3),
    b"]": lambda scan: scan.push(0, CONTAINER),
    b"}": lambda scan: scan.push(0, CONTAINER),
    b"\x8f": lambda scan: scan.push(0, SET),
    b"l": make_list,
    b"d": make_dict,
    b"a": lambda scan: scan.appended(1),
    b"e": append_all,
    b"s": set_item,
    b"u": set_items,
    b"\x90": add_items,
    b"\x91": make_frozenset,
    b"R": call,
    b"b": lambda scan: scan.appended(1),
    b"c": global_name,
    b"\x93": stack_global,
    b"\x94": Scan.memoize,
    b"q": lambda scan: scan.put(scan.number(1)),
    b"r": lambda scan: scan.put(scan.number(4)),
    b"p": lambda scan: scan.put(scan.index()),
    b"h": lambda scan: scan.get(scan.number(1)),
    b"j": lambda scan: scan.get(scan.number(4)),
    b"g": lambda scan: scan.get(scan.index()),
    b"\x8c": lambda scan: scan.text(scan.number(1)),
    b"C": lambda scan: scan.text(scan.number(1)),
    b"X": lambda scan: scan.text(scan.number(4)),
    b"B": lambda scan: scan.text(scan.number(4)),
    b"\x8d": lambda scan: scan.text(scan.number(8)),
    b"\x8e": lambda scan: scan.text(scan.number(8)),
    b"\x96": lambda scan: scan.text(scan.number(8)),
    b"\x8a": lambda scan: scan.long(scan.number(1)),
    b"\x8b": lambda scan: scan.long(scan.number(4)),
    b"I": Scan.decimal,
    b"L": Scan.decimal,
    b"F": Scan.decimal,
    b"V": lambda scan: scan.push(0, ITEM + len(scan.line())),
    b"\x80": Scan.protocol,
    b"\x95": announced,
}
BEGUN = frozenset([b"K", b"M", b"J", b"G"])  # of which ATOMS found only the beginning
