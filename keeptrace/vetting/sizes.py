"""Sees to it that what is restored can be shown, hashed and compared: sharing multiplies nothing without limit.

Ten lists that hold each other ten times show ten billion items, and a nested tuple is hashed as often as it is held.
How large the representation of each record would be follows from what it holds: mocks keep their own short
(restore.py), Python's containers do not. Nothing that is held once is too large; of what is held many times, what goes
over the limit is a marker.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from keeptrace.restore import SHOWN_AT_ONCE, SHOWN_WIDE, MockType
from keeptrace.vetting.classes import are_pairs
from keeptrace.vetting.named import RECORDS, marker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from keeptrace.vetting.classes import Classes

LEAST_SHOWN, MOST_SHOWN = 2**20, 2**29  # characters of one representation; between these so many
SHOWN = 6  # times the whole table
LARGER, LEFT = 2**24, 2**26  # characters of a few that may be larger, and of all these together
FRAME = 16  # times that of the variables of one frame together
SMALL = 100  # characters of what stays wherever it is
WALKED = 10_000  # steps on the ways through what holds itself
LARGEST_KEY = 10_000  # objects that are hashed with it; or as many as there are
HASHED = 2**24  # objects that are hashed with all keys; or 16 times as many as there are
DEEPEST_KEY = 200
MOST_OF_ONE_HASH = 900  # keys of one container: each is compared to all others
REFERENCE, OTHER = 8, 40  # characters
HASHING = frozenset([dict, frozenset, set])
SEQUENCES = ("frozenset", "list", "set", "tuple")
KEYED = {"dict": "entries", "frozenset": "values", "set": "values"}  # which field of a record holds what is hashed
ENTRIES = {"dict": "entries", "frame": "variables", "globals": "names"}  # ... what is a dict's content
WRAPPED = {"descriptor": "function", "method": "owner", "view": "of"}  # ... the one value that is shown with it
TOO_LARGE = marker("left out: its representation would be too large")
BACK = marker("left out: it holds what holds it, in too many ways")
NO_KEY = marker("left out: too large for a key")


Size = tuple[int, int]  # characters of a representation; objects that are hashed with it as a key


def cut(records: list[Any], classes: Classes, known: dict[int, Size]) -> list[Size]:
    """Replace by markers what would make a representation, or a key, too large.

    known: how large elements are, by their ids.

    Returns how large each record is.
    """
    keys = Keys(records, classes, known)
    keys.cut()
    representations = Representations(records, known)
    representations.cut()
    return list(zip(representations.sizes, keys.sizes, strict=False))


def references(values: Any) -> list[int]:
    return [value[0] for value in values if type(value) is tuple]


def entry_values(entries: Any) -> list[Any]:
    """Return keys and values of a recorded dict."""
    if type(entries) is dict:
        return [*entries, *entries.values()]
    return [part for pair in entries or () for part in pair]


def components(edges: list[list[int]]) -> Iterator[list[int]]:
    """Yield the strongly connected components of a graph, each after those it leads to (Tarjan, without recursion)."""
    search = Search(edges)
    for root in range(len(edges)):
        if not search.number[root]:
            yield from search.components_from(root)


class Search:
    """One walk through a graph, depth first: when each node was found, and the first that it leads back to."""

    def __init__(self, edges: list[list[int]]) -> None:
        self.edges = edges
        self.number, self.lowest = [0] * len(edges), [0] * len(edges)
        self.is_open = bytearray(len(edges))
        self.open: list[int] = []
        self.count = 0

    def components_from(self, root: int) -> Iterator[list[int]]:
        waiting = [self.begin(root)]
        while waiting:
            node, following = waiting[-1]
            child = self.next_child(node, following)
            if child is not None:
                waiting.append(self.begin(child))
                continue
            waiting.pop()
            if waiting:
                outer = waiting[-1][0]
                self.lowest[outer] = min(self.lowest[outer], self.lowest[node])
            if self.lowest[node] == self.number[node]:
                yield self.close(node)

    def begin(self, node: int) -> tuple[int, Iterator[int]]:
        self.count += 1
        self.number[node] = self.lowest[node] = self.count
        self.open.append(node)
        self.is_open[node] = True
        return node, iter(self.edges[node])

    def next_child(self, node: int, following: Iterator[int]) -> int | None:
        """Return the next node to be found from this one."""
        for child in following:
            if not self.number[child]:
                return child
            if self.is_open[child]:
                self.lowest[node] = min(self.lowest[node], self.number[child])
        return None

    def close(self, node: int) -> list[int]:
        found = [self.open.pop()]
        while found[-1] != node:
            found.append(self.open.pop())
        for member in found:
            self.is_open[member] = False
        return found


# ---------------------------------------------------------------------------------------------------------------------
# Keys of dicts, elements of sets
# ---------------------------------------------------------------------------------------------------------------------


class Keys:
    """How much is hashed with each record that can be a key, and to which hash."""

    def __init__(self, records: list[Any], classes: Classes, known: dict[int, Size]) -> None:
        self.records, self.classes, self.known = records, classes, known
        self.sizes, self.depths, self.hashes = [0] * len(records), [0] * len(records), [0] * len(records)
        self.is_cutting = False
        self.largest = self.left = 0

    def cut(self) -> None:
        """Leave out keys and elements that are too large, or too many of one hash: each is compared to all others."""
        held = list(map(self.hashed_with, self.records))
        count = len(held) + sum(map(len, held))
        self.largest, self.left = max(LARGEST_KEY, count), max(HASHED, 16 * count)
        self.measure(held)
        marker = (len(self.records),)
        for index, record in enumerate(self.records):
            if record.kind in KEYED or self.is_hashing(record):
                self.records[index] = self.with_keys(record, marker)
        if self.is_cutting:
            self.records.append(NO_KEY)

    def is_hashing(self, record: Any) -> bool:
        """Tell whether a record is an instance that hashes what it holds."""
        return record.kind == "object" and not HASHING.isdisjoint(self.classes.nature(record.cls[0]).content)

    def measure(self, held: list[Any]) -> None:
        edges, too_large = list(map(references, held)), self.largest + 1
        for component in components(edges):
            for node in component:
                is_ring = len(component) > 1 or node in edges[node]
                size = self.own_size(node) + len(held[node]) + sum(self.sizes[child] for child in edges[node])
                self.depths[node] = 1 + max((self.depths[child] for child in edges[node]), default=0)
                is_too_large = is_ring or self.depths[node] > DEEPEST_KEY
                self.sizes[node] = too_large if is_too_large else min(size, too_large)
                self.hashes[node] = hash(tuple(map(self.hash, held[node]))) if held[node] else node

    def own_size(self, node: int) -> int:
        kind, found, *_ = self.records[node]
        return self.known[id(found)][1] if kind == "element" and id(found) in self.known else 1

    def hashed_with(self, record: Any) -> Any:
        if record.kind in ("tuple", "frozenset"):
            return record.values
        if record.kind == "plain":
            return record.container if type(record.container) is tuple else ()
        if record.kind == "object":
            if not self.classes.nature(record.cls[0]).is_hashed_by_content:
                return ()
            content = record.content if type(record.content) is list else ()
            return [*content, *record.state.values()]
        return record.arguments if record.kind == "value" else ()

    def hash(self, value: Any) -> int:
        """Return a hash that is the same for keys of the same hash: a tuple's follows from those of its items."""
        return self.hashes[value[0]] if type(value) is tuple else hash(value)

    def with_keys(self, record: Any, marker: Any) -> Any:
        """Return a record without the keys or elements that cannot be hashed, or compared, in reasonable time."""
        field = KEYED.get(record.kind, "content")
        held = getattr(record, field)
        if type(held) is not list:
            return record
        fits = self.fitting()
        if are_pairs(held):
            held = [(key if fits(key) else marker, value) for key, value in held]
        elif record.kind != "dict":
            held = [value if fits(value) else marker for value in held]
        return record._replace(**{field: held})

    def fitting(self) -> Callable[[Any], bool]:
        """Return a function that tells, of one key after the other, which of a container's keys can stay."""
        met: dict[int, int] = {}

        def fits(key: Any) -> bool:
            found = self.hash(key)
            met[found] = met.get(found, 0) + 1
            size = self.sizes[key[0]] if type(key) is tuple else 1
            self.left -= size if size <= self.largest else 0
            if size > self.largest or self.left < 0 or met[found] > MOST_OF_ONE_HASH:
                self.is_cutting = True
                return False
            return True

        return fits


# ---------------------------------------------------------------------------------------------------------------------
# Representations
# ---------------------------------------------------------------------------------------------------------------------


class Representations:
    """How large the representation of each record is, as Python's own containers make theirs."""

    def __init__(self, records: list[Any], known: dict[int, Size]) -> None:
        self.records, self.known = records, known
        self.contents = list(map(self.held, records))
        self.own = list(map(self.own_size, records))
        self.arguments = {
            index for record in records if record.kind == "exception" for index in references([record.facts["args"]])
        }
        self.counted: set[int] = set()
        self.weight = 0
        self.markers: dict[Any, Any] = {}
        self.sizes: list[int] = []
        self.limit, self.left = 0, LEFT

    def cut(self) -> None:
        self.weight = sum(self.own)
        for values in self.contents:
            self.weigh(values)
        self.limit = max(LEAST_SHOWN, min(SHOWN * self.weight, MOST_SHOWN))
        edges = list(map(references, self.contents))
        self.sizes = [0] * len(edges)
        for component in components(edges):
            if len(component) == 1 or is_simple(component, edges):
                self.measure(component)
            elif not self.measure_ways(component, edges):
                self.cut_back(component, edges)
                for part in components_of(component, edges):
                    self.measure(part)
        for index in range(len(edges)):
            self.cut_frame(index)

    def measure(self, component: list[int]) -> None:
        """Measure records that are shown together, and shorten what is too large."""
        inside = set(component)
        whole = sum(self.size_with(node, inside) for node in component)
        limit = self.limit if self.arguments.isdisjoint(component) else self.limit // 2  # there is room for notes
        if whole > limit and not self.may_be_larger(component, whole):
            for node in component:
                self.shorten(node, limit // len(component))
            whole = min(whole, sum(self.size_with(node, inside) for node in component))
        for node in component:
            self.sizes[node] = whole

    def may_be_larger(self, component: list[int], size: int) -> bool:
        """Tell whether there is room for one over the limit; what exceptions show is kept small, so that they stay."""
        is_crash = any(self.records[node].kind == "exception" or node in self.arguments for node in component)
        fits = not is_crash and size <= min(LARGER, self.left)
        self.left -= size if fits else 0
        return fits

    def measure_ways(self, component: list[int], edges: list[list[int]]) -> bool:
        """Measure records that hold each other in more than one way, if there are few ways; return whether it is so."""
        inside = set(component)
        own = {node: self.size_with(node, inside) for node in component}
        inner = {node: [child for child in edges[node] if child in inside] for node in component}
        steps = WALKED
        for start in component:
            whole, way = own[start], [(start, iter(inner[start]))]
            on_way = {start}
            while way and steps and whole <= self.limit:
                steps -= 1
                child = next(way[-1][1], None)
                if child is None:
                    on_way.discard(way.pop()[0])
                elif child not in on_way:
                    whole += own[child]
                    on_way.add(child)
                    way.append((child, iter(inner[child])))
            if way:
                return False
            self.sizes[start] = whole
        return True

    def size_with(self, node: int, component: set[int]) -> int:
        """Return the size of a record and all that it holds but the component it belongs to."""
        outside = sum(
            0 if type(value) is tuple and value[0] in component else self.size_of(value)
            for value in self.contents[node]
        )
        return self.own[node] + outside

    def size_of(self, value: Any) -> int:
        if type(value) is not tuple:
            return atom_size(value)
        return self.sizes[value[0]] if value[0] < len(self.sizes) else len(self.records[value[0]].text) + OTHER

    def weigh(self, values: Any) -> None:
        """Count what a record holds; a text that is held several times is counted once."""
        for value in values:
            if type(value) in (str, bytes) and len(value) > SMALL:
                if id(value) in self.counted:
                    continue
                self.counted.add(id(value))
            self.weight += REFERENCE if type(value) is tuple else atom_size(value)

    def held(self, record: Any) -> Any:
        """Return the values that a record's representation shows in full."""
        kind = record.kind
        if kind in SEQUENCES:
            return record.values
        if kind == "dict":
            return entry_values(record.entries)
        if kind == "globals":
            return entry_values(record.names)
        if kind == "plain":
            return entry_values(record.container) if type(record.container) is dict else record.container
        if kind == "object":
            return self.held_by_object(record)
        if kind == "exception":
            facts = record.facts
            notes = facts.get("state", {}).get("__notes__")
            return [facts["args"], notes, *facts.get("fields", {}).values()]
        if kind == "value":
            return record.arguments
        return [getattr(record, WRAPPED[kind])] if kind in WRAPPED else ()

    def held_by_object(self, record: Any) -> Any:
        content = record.content
        if type(content) is dict or are_pairs(content):
            content = entry_values(content)
        elif type(content) is not list:
            content = [content]
        if self.is_real(record.cls[0]):
            return [*content, *record.state.values()]
        return content if self.style(record.cls[0]) == "content" else ()

    def is_real(self, index: int) -> bool:
        record = self.records[index]
        return record.kind == "element" and not isinstance(record.element, MockType)

    def style(self, index: int) -> str:
        """Return how the instances of a class are shown; those of an element's are not known to be shorter."""
        record = self.records[index]
        return record.facts.get("repr", "address") if record.kind == "class" else "content"

    def own_size(self, record: Any) -> int:
        kind = record.kind
        if kind == "element":
            return self.known[id(record.element)][0] if id(record.element) in self.known else OTHER
        if kind == "object":
            return self.mock_size(record)
        if kind in ("shown", "marker"):
            return len(record.text) + OTHER
        return OTHER + (len(record.facts["text"] or "") if kind == "exception" else 0)

    def mock_size(self, record: Any) -> int:
        """Return how large a mock shows itself, but for content that is shown as its builtin type shows it."""
        _, (index,), content, state, text = record
        if type(text) is str:
            return len(text) + OTHER
        cls = self.records[index]
        is_mock = cls.kind == "class"
        names = [cls.qualname, cls.module] if is_mock else [cls.element.__qualname__, cls.element.__module__]
        size = OTHER + sum(map(len, names))
        if self.style(index) == "address":
            return size
        if self.style(index) == "member":
            return size + sum(brief_size(state.get(name)) for name in ("_name_", "_value_"))
        items = content[:SHOWN_AT_ONCE] if type(content) is list else () if content is None else (content,)
        fields = [*itertools.islice(state, SHOWN_AT_ONCE), *(cls.facts.get("fields") or () if is_mock else ())]
        values = itertools.chain(itertools.islice(state.values(), SHOWN_AT_ONCE), items)
        return size + sum(map(len, fields)) + OTHER // 8 * len(fields) + sum(map(brief_size, values))

    # Cutting

    def marker(self, record: Any) -> Any:
        if record not in self.markers:
            self.markers[record] = (len(self.records),)
            self.records.append(record)
        return self.markers[record]

    def shorten(self, node: int, room: int) -> None:
        """Leave out of what a record holds that for which there is no room, but nothing that is small."""
        marker = self.marker(TOO_LARGE)

        def kept(value: Any) -> Any:
            nonlocal room
            size = self.size_of(value)
            if size > max(room, SMALL):
                return marker
            room -= size
            return value

        self.replace(node, kept)

    def replace(self, node: int, kept: Callable[[Any], Any]) -> None:
        """Put into a record what a function returns for its values."""
        record = self.records[node] = replaced(self.records[node], kept)
        self.contents[node], self.own[node] = self.held(record), self.own_size(record)

    def cut_frame(self, index: int) -> None:
        """Shorten the variables of a frame, which may be shown together; nothing that holds the frame shows them."""
        record = self.records[index]
        held = record.variables.values() if record.kind == "frame" and type(record.variables) is dict else ()
        if sum(map(self.size_of, held)) > FRAME * self.limit:
            self.shorten(index, FRAME * self.limit)

    def cut_back(self, component: list[int], edges: list[list[int]]) -> None:
        """Take from a component the references that lead back to what is being shown."""
        inside, marker = set(component), self.marker(BACK)
        position: dict[int, int] = {}
        for node in component:
            if node not in position:
                finish(node, edges, inside, position)
        for node in component:

            def kept(value: Any, place: int = position[node]) -> Any:
                leads_back = type(value) is tuple and value[0] in inside and position[value[0]] >= place
                return marker if leads_back else value

            self.replace(node, kept)
            edges[node] = [child for child in edges[node] if child not in inside or position[child] < position[node]]


def brief_size(value: Any) -> int:
    """Return how large what a mock shows of a value is at most."""
    return SHOWN_WIDE if type(value) in (tuple, dict) else min(atom_size(value), SHOWN_WIDE)


def atom_size(value: Any) -> int:
    if type(value) in (str, bytes):
        return len(value) + 2
    return value.bit_length() // 3 + 2 if type(value) is int else 4


def is_simple(component: list[int], edges: list[list[int]]) -> bool:
    """Tell whether a component is a ring, or a tree with references to the parents: shown once, it is all shown."""
    if len(component) == 1:
        return True
    inside = set(component)
    within = {(node, child) for node in component for child in edges[node] if child in inside and child != node}
    multiple = sum(child in inside and child != node for node in component for child in edges[node])
    if multiple > len(within):
        return False
    is_tree = len(within) == 2 * (len(component) - 1) and all((child, node) in within for node, child in within)
    return is_tree or len(within) == len(component)


def components_of(component: list[int], edges: list[list[int]]) -> Iterator[list[int]]:
    """Yield the components of one that was cut."""
    number = {node: at for at, node in enumerate(component)}
    inner = [[number[child] for child in edges[node] if child in number] for node in component]
    for part in components(inner):
        yield [component[at] for at in part]


def finish(start: int, edges: list[list[int]], inside: set[int], position: dict[int, int]) -> None:
    """Give each node that a node leads to a position, after those it leads to itself."""
    seen, waiting = {start}, [(start, iter(edges[start]))]
    while waiting:
        node, following = waiting[-1]
        for child in following:
            if child in inside and child not in seen and child not in position:
                seen.add(child)
                waiting.append((child, iter(edges[child])))
                break
        else:
            waiting.pop()
            position[node] = len(position)


def replaced(record: Any, kept: Any) -> Any:
    """Return a record whose values went through a function; keys stay as they are."""
    if record.kind == "plain":
        kind = type(record.container).__name__
        record = RECORDS[kind](kind, record.container)
    kind = record.kind
    if kind in SEQUENCES:
        return record._replace(values=type(record.values)(map(kept, record.values)))
    if kind in ENTRIES:
        return record._replace(**{ENTRIES[kind]: replaced_entries(getattr(record, ENTRIES[kind]), kept)})
    if kind == "object":
        return replaced_object(record, kept)
    if kind == "exception":
        return replaced_exception(record, kept)
    if kind == "value":
        shown = record.constructor, record.constructor, record.module, record.text
        return RECORDS["shown"]("shown", *shown)
    if kind in WRAPPED and kept(getattr(record, WRAPPED[kind])) is not getattr(record, WRAPPED[kind]):
        return TOO_LARGE
    return record


def replaced_entries(entries: Any, kept: Any) -> Any:
    if type(entries) is dict:
        return {key: kept(value) for key, value in entries.items()}
    return [(key, kept(value)) for key, value in entries]


def replaced_object(record: Any, kept: Any) -> Any:
    content = record.content
    if type(content) is dict or are_pairs(content):
        content = replaced_entries(content, kept)
    elif type(content) is list:
        content = list(map(kept, content))
    return record._replace(content=content, state=replaced_entries(record.state, kept))


def replaced_exception(record: Any, kept: Any) -> Any:
    facts = {**record.facts, "args": kept(record.facts["args"])}
    for name in ("fields", "state"):
        if name in facts:
            facts[name] = replaced_entries(facts[name], kept)
    return record._replace(facts=facts)
