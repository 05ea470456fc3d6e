"""Checks what the classes of a table are: exceptions or not, and which builtin type their instances are made by."""

from __future__ import annotations

import collections
import types
from typing import Any, NamedTuple

from keeptrace.restore import CONTENT, MockType

MOST_BASES = 1_000  # a class's, and its bases' bases
MOST_ORDERED = 10**8  # steps that finding the order of all classes' bases takes
REAL_BASES = frozenset(
    [*CONTENT, collections.Counter, collections.OrderedDict, collections.defaultdict, types.SimpleNamespace]
)
HOLDS: dict[type, tuple[type, ...]] = {
    dict: (dict, list),
    bytearray: (bytes,),
    **dict.fromkeys([list, set, frozenset, tuple, collections.deque], (list,)),
    **{base: (base,) for base in (str, int, float, complex, bytes)},
}
"""What the content of an instance is recorded as."""


class Nature(NamedTuple):
    """What a class is: an exception's, or one whose instances have this content and are hashed by what they hold."""

    is_exception: bool
    content: frozenset[type]
    ancestors: frozenset[int]
    is_hashed_by_content: bool


class Classes:
    """The classes of one table, whose records are replaced by checked ones meanwhile."""

    def __init__(self, records: list[Any]) -> None:
        self.records = records
        self.known: dict[int, Nature] = {}
        self.ordered = 0

    def check(self, index: int) -> None:
        """Check a record of a class, and give it bases that a mock can have."""
        self.nature(index)
        record = self.records[index]
        kept = tuple(base for base in record.bases if type(base) is tuple and self.is_base(base))
        self.records[index] = record._replace(bases=kept)

    def is_base(self, reference: Any) -> bool:
        record = self.records[reference[0]]
        if record.kind != "element":
            return True
        cls = record.element
        return cls in REAL_BASES or isinstance(cls, MockType) or issubclass(cls, BaseException)

    def is_exception(self, index: int) -> bool:
        return self.nature(index).is_exception

    def nature(self, index: int) -> Nature:
        """Return what a class is, from its bases."""
        waiting = [index] if index not in self.known else []
        while waiting:
            if len(waiting) > MOST_BASES:
                raise ValueError(f"at most {MOST_BASES:,} classes are expected above one another")
            record = self.records[waiting[-1]]
            bases = [base[0] for base in record.bases if type(base) is tuple] if record.kind == "class" else []
            missing = next((base for base in bases if base not in self.known), None)
            if missing is not None and waiting[-1] not in self.known:
                waiting.append(missing)
            else:
                self.learn(waiting.pop())
        return self.known[index]

    def learn(self, index: int) -> None:
        """Find out what a class is whose bases are known."""
        record = self.records[index]
        if index in self.known:
            return
        if record.kind == "element" and isinstance(record.element, type):
            self.known[index] = nature_of_real(record.element, index)
        elif record.kind == "class":
            self.known[index] = self.nature_of_mock(record, index)
        else:
            raise ValueError(f"a reference to a class is expected, not to a record of {record.kind}")

    def nature_of_mock(self, record: Any, index: int) -> Nature:
        bases = [self.known[base[0]] for base in record.bases if type(base) is tuple]
        ancestors = frozenset([index]).union(*(base.ancestors for base in bases))
        content = frozenset().union(*(base.content for base in bases))
        has_exception = any(base.is_exception for base in bases)
        is_exception = bool(record.facts.get("exception"))
        if len(ancestors) > MOST_BASES:
            raise ValueError(f"at most {MOST_BASES:,} bases are expected")
        self.ordered += len(ancestors) * sum(len(base.ancestors) for base in bases)
        if self.ordered > MOST_ORDERED:
            raise ValueError("fewer classes with as many bases are expected")
        if has_exception != is_exception and (has_exception or bases):
            raise ValueError("a class derived from exceptions is one itself, any other is not")
        if len(content) > is_exception < 1 < len(content) or (is_exception and content):
            raise ValueError("a class has the content of one builtin type at most")
        is_hashed = bool(record.facts.get("frozen")) or any(base.is_hashed_by_content for base in bases)
        return Nature(is_exception, content, ancestors, is_hashed)

    def check_content(self, index: int, content: Any) -> None:
        """Check that an instance holds what its class's builtin type is made from."""
        nature, record = self.nature(index), self.records[index]
        if nature.is_exception:
            raise ValueError("an exception is expected to be recorded as one")
        is_real = record.kind == "element" and not isinstance(record.element, MockType)
        if is_real and record.element not in REAL_BASES and record.element is not object:
            raise ValueError(f"no instance of {record.element.__name__} is expected")
        if are_pairs(content) and dict not in nature.content:
            raise ValueError("pairs are expected in an instance of a dict only")
        for base in nature.content:
            if type(content) not in HOLDS[base]:
                raise ValueError(f"a content of {HOLDS[base][0].__name__} is expected, not {type(content).__name__}")


def are_pairs(content: Any) -> bool:
    """Tell whether a content is that of a dict whose keys are no atoms: references hold one thing, pairs two."""
    return type(content) is list and bool(content) and type(content[0]) is tuple and len(content[0]) == 2


def nature_of_real(cls: Any, index: int) -> Nature:
    content = frozenset([base for base in CONTENT if issubclass(cls, base)][:1])
    is_hashed = issubclass(cls, (tuple, frozenset)) or "__compared__" in dir(cls)
    return Nature(issubclass(cls, BaseException), content, frozenset([index]), is_hashed)
