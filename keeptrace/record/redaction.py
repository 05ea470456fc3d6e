"""Hides the secrets of one recording: markers in their place.

Three things tell a secret: the name it stands under and that an environment variable with such a name holds it, which
redactor.py knows; and its shape, which shapes.py knows. Only text (str, bytes, bytearray) is ever hidden.

Texts are looked at in bulk: joined, and searched with find() and translate(), so that a container without secrets
costs a few nanoseconds a character.

Not for recording: which object is asked about when is the recorder's business. What cannot be found here: secrets
without telltale name or shape; text in other encodings than ASCII and UTF-8, compressed, encrypted, or cut in pieces.
"""

from __future__ import annotations

import functools

from keeptrace.record import shapes
from keeptrace.record.raw import STRINGS, TEXTS, is_text, kinds_of
from keeptrace.record.redactor import Redactor, remember

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from collections.abc import Set as AbstractSet
    from typing import Any, TypeVar

    from keeptrace.record.redactor import Literal
    from keeptrace.record.shapes import Found

    TextT = TypeVar("TextT", str, bytes)

CHUNK = 2048  # items that are joined and searched at once
SMALL_CHUNK = 32  # and again where there may be a secret
WINDOW = 2**20  # bytes of a blob that are searched at once
OVERLAP = 2**13  # of such windows: no key is longer


class Redaction:
    """Hides the secrets of one recording."""

    def __init__(self, redactor: Redactor, literals: Sequence[Literal] = ()) -> None:
        self.redactor = redactor
        self.rule_for_name, self.secret_names = redactor.rule_for_name, redactor.secret_names
        self.literals = literals
        self.patterns = tuple(redactor.patterns.items())
        self.assigned = redactor.assigned
        self.shortest = min((len(literal.text) for literal in literals), default=0)

    # -- one text -----------------------------------------------------------------------------------------------------

    def text(self, text: TextT) -> TextT:
        """Return a text with a marker in the place of each secret in it; the text itself where there is none."""
        given: Any = text  # for mypy, which knows no type that is text or bytes
        found = self.find(given.decode("latin-1"), raw=given) if type(given) is bytes else self.find(given)
        if not found:
            return text
        shown: TextT = replaced(given, found, [marker(rule, given[start:end]) for start, end, rule in found])
        return shown

    def source(self, text: str) -> str:
        """Return source text with its secrets hidden, all lines and columns where they were."""
        found = self.find(text, is_source=True)
        parts = [fitted(text[start:end], marker(rule, text[start:end])) for start, end, rule in found]
        shown: str = replaced(text, found, parts)
        return shown

    def hides(self, text: str | bytes) -> bool:
        """Tell whether a text holds a secret."""
        return bool(self.find(text) if isinstance(text, str) else self.find(text.decode("latin-1"), raw=text))

    def hides_blob(self, blob: bytes) -> bool:
        """Tell whether a blob holds a secret: one that its own text shows, or that it pickles under such a name."""
        for start in range(0, max(len(blob) - OVERLAP, 1), WINDOW - OVERLAP):
            raw = blob[start : start + WINDOW]
            window = raw.decode("latin-1")
            if self.find(window, raw=raw) or self.pickles_secret(window, raw.lower()):
                return True
            if (
                blob.endswith(b".") and not blob.startswith(b"\x80") and self.hides(shapes.TEXT_OPCODE.sub(b" ", raw))
            ):  # protocol 0 or 1
                return True
        return False

    def pickles_secret(self, window: str, lower: bytes) -> bool:
        """Tell whether a pickle has text behind a name that says secret."""
        for stem in {stem for stem, _ in self.assigned}:
            end = 0
            while (start := lower.find(stem, end)) >= 0:
                end = start + len(stem)
                match = shapes.PICKLED.match(window, end)
                before = window[max(start - 60, 0) : start]
                name = (
                    before[len(before.rstrip(shapes.NAME_CHARACTERS)) :]
                    + window[start : match.end("name") if match else end]
                )
                if match and self.rule_for_name(name) is not None:
                    return True
        return False

    # -- several values -----------------------------------------------------------------------------------------------

    def any_hidden(self, texts: Sequence[str]) -> bool:
        """Tell whether one of several texts may hold a secret: quick, and now and then wrong where it says yes."""
        if self.patterns and any(pattern.search(text) for _, pattern in self.patterns for text in texts):
            return True
        if len(texts) > 1 and sum(map(len, texts)) > WINDOW:  # not all of a large container twice in memory
            return any(self.any_hidden([text]) for text in texts)
        if len(texts) == 1 and len(texts[0]) < shapes.SHORTEST:
            return False
        joined = "\n".join(texts)
        return len(joined) >= shapes.SHORTEST and next(self.candidates(joined), None) is not None

    def items(self, items: Any, kinds: AbstractSet[type] | None = None, *, distinct: bool = False) -> Any:
        """Return a list, tuple or other sequence of anything, its texts without secrets; itself where it has none.

        kinds: the types of the items, where these are known.
        distinct: number markers that would be equal: for keys, and for members of sets.
        """
        kinds = kinds_of(items) if kinds is None else kinds
        if kinds.isdisjoint(TEXTS):
            return items
        hidden = {}
        for index in self._suspects(items, kinds):
            new = self.value(items[index])
            if new is not items[index]:
                hidden[index] = new
        if type(items) is tuple and len(items) == 2 and kinds <= TEXTS and 1 not in hidden:
            hidden.update(self._pair(*items))
        if not hidden:
            return items
        if distinct:
            hidden = numbered(hidden)
        return [hidden.get(index, item) for index, item in enumerate(items)]

    def _suspects(self, items: Any, kinds: AbstractSet[type]) -> Iterator[int]:
        """Yield the indexes of items that may hold a secret: of small parts of the large parts that may."""
        if len(items) <= SMALL_CHUNK:
            if self._chunk_hides(items, kinds):
                yield from range(len(items))
            return
        for start in range(0, len(items), CHUNK):
            if self._chunk_hides(items[start : start + CHUNK], kinds):
                for small in range(start, min(start + CHUNK, len(items)), SMALL_CHUNK):
                    end = min(small + SMALL_CHUNK, start + CHUNK, len(items))
                    if self._chunk_hides(items[small:end], kinds):
                        yield from range(small, end)

    def _chunk_hides(self, chunk: Any, kinds: AbstractSet[type]) -> bool:
        texts = chunk if len(kinds) == 1 and str in kinds else [item for item in chunk if type(item) is str]
        if texts and self.any_hidden(texts):
            return True
        raw = [item for item in chunk if type(item) is bytes] if bytes in kinds else []
        return bool(raw) and self.any_hidden([b"\n".join(raw).decode("latin-1")])

    def _pair(self, name: Any, value: Any) -> dict[int, Any]:
        """Return what hides the second of (name, value), as headers are given; not where it is a name itself."""
        rule, other = self.redactor.rule_for_item(name), self.redactor.rule_for_item(value)
        return {1: self.hidden(rule, value)} if rule is not None and other is None else {}

    def value(self, value: Any) -> Any:
        """Return a text without secrets, and anything else as it is."""
        return self.text(value) if is_text(value) else value

    # -- names --------------------------------------------------------------------------------------------------------

    def are_clean(self, names: tuple[str, ...]) -> bool:
        """Tell whether no name is a secret itself, or holds one; remembered where the names are few."""
        known = self.redactor.clean_names(self.literals)
        clean = known.get(names)
        if clean is None:
            items = list(names)
            clean = remember(known, names, self.items(items, STRINGS) is items)
        return clean

    def named_values(
        self, names: Sequence[Any], values: Sequence[Any], kinds: AbstractSet[type] | None = None
    ) -> Sequence[Any]:
        """Return values of variables, keys or attributes, hidden where the name says so; themselves where none is.

        What the values' own text shows is not looked at here. kinds: the types of the names, where these are known.
        """
        rules = self.secret_names(names, kinds)
        if not rules:
            return values
        return [self.hidden(rules[index], value) if index in rules else value for index, value in enumerate(values)]

    def hidden(self, rule: str, value: Any) -> Any:
        """Return a marker for text, a copy with markers for a builtin container of texts, anything else as it is."""
        cls = type(value)
        if cls in (str, bytes, bytearray):
            return self._hidden_text(rule, value)
        if rule == "name token":  # of a parser, say: words of a text, a record about one
            return value
        if cls in (list, tuple, set, frozenset):
            items = list(value)
            new = {index: self._hidden_text(rule, item) for index, item in enumerate(items) if is_text(item)}
            new = numbered(new) if cls in (set, frozenset) else new
            return cls(new.get(index, item) for index, item in enumerate(items)) if new else value
        if cls is dict:
            return {key: self._hidden_text(rule, item) if is_text(item) else item for key, item in value.items()}
        return value

    def _hidden_text(self, rule: str, value: Any) -> Any:
        plain = value if type(value) is str else bytes(value).decode("latin-1")
        if not plain or plain in self.redactor.allow or plain.startswith("<redacted: "):
            return value
        return type(value)(marker(rule, value))

    # -- finding ------------------------------------------------------------------------------------------------------

    def find(self, text: str, *, raw: bytes | None = None, is_source: bool = False) -> list[Found]:
        """Return the secrets of a text in their order, none over another; raw: the bytes that it was read from."""
        if len(text) < shapes.SHORTEST and not self.patterns:
            return []
        found = [secret for search in self.candidates(text, raw) for secret in search(text, is_source)]
        for rule, pattern in self.patterns:
            group = "secret" if "secret" in pattern.groupindex else 0
            found += [shapes.Found(*match.span(group), rule) for match in pattern.finditer(text)]
        allow = self.redactor.allow
        return merged([one for one in found if one.end > one.start and text[one.start : one.end] not in allow])

    def candidates(self, text: str, raw: bytes | None = None) -> Iterator[Any]:
        """Yield the searches worth doing in a text, as functions (text, is_source) -> secrets."""
        flat = text.encode("ascii", "replace") if raw is None else raw  # as long as the text
        has_run = shapes.has_run(flat)
        literals = self.literals if len(text) >= self.shortest else ()
        for literal in literals:
            if (has_run or not literal.has_run) and literal.is_in(text):
                yield literal.find
        if has_run and shapes.has_key(text, flat):
            yield functools.partial(shapes.find_keys, flat)
        for rare, needles in shapes.BY_NEEDLE:
            if rare in text:
                for needle, search in needles:
                    if needle in text:
                        yield search
        if "=" in text or ":" in text or ("'" in text and "'," in text) or ('"' in text and '",' in text):
            names = flat.translate(shapes.AS_NAMES, shapes.NOT_IN_NAMES)
            stems = [stem for stem, needle in self.assigned if needle in names]
            if stems:
                yield functools.partial(shapes.find_assigned, self.rule_for_name, flat.lower(), stems)


class Unredacted(Redaction):
    """What stands in for a Redaction where nothing is to be hidden: `redact=False`."""

    def __init__(self) -> None:
        super().__init__(Redactor(environment=False))
        self.rule_for_name = lambda name: None
        self.secret_names = lambda names, kinds=None: {}

    def find(self, text: str, *, raw: bytes | None = None, is_source: bool = False) -> list[Found]:
        return []

    def items(self, items: Any, kinds: AbstractSet[type] | None = None, *, distinct: bool = False) -> Any:
        return items

    def any_hidden(self, texts: Sequence[str]) -> bool:
        return False

    def hides_blob(self, blob: bytes) -> bool:
        return False


def of(redactor: Redactor | None) -> Redaction:
    """Return what hides the secrets of one recording, or of what goes with it; None hides nothing."""
    return unredacted() if redactor is None else Redaction(redactor, redactor.literals())


@functools.cache
def unredacted() -> Redaction:
    return Unredacted()


# ---------------------------------------------------------------------------------------------------------------------
# Markers
# ---------------------------------------------------------------------------------------------------------------------


def marker(rule: str, secret: Any) -> Any:
    """Return what is shown in a secret's place: text for text, bytes for bytes."""
    is_text = type(secret) is str
    unit = "character" if is_text else "byte"
    shown = f"<redacted: {rule}, {len(secret):,} {unit}{'' if len(secret) == 1 else 's'}>"
    return shown if is_text else shown.encode("ascii", "replace")


def fitted(secret: str, shown: str) -> str:
    """Return a marker that is as long as the secret and has its line breaks where it had them."""
    lines = LINE_END.split(secret)
    first = shown if len(shown) <= len(lines[0]) else ""
    return first.ljust(len(lines[0]), "*") + "".join(
        line if line[:1] in ("\r", "\n") else "*" * len(line) for line in lines[1:]
    )


LINE_END = shapes.regex(r"(\r\n|\r|\n)")


def replaced(text: Any, found: Sequence[Found], parts: Sequence[Any]) -> Any:
    """Return a text with parts in the place of what was found."""
    pieces: list[Any] = []
    position = 0
    for secret, part in zip(found, parts, strict=True):
        pieces += [text[position : secret.start], part]
        position = secret.end
    return text[:0].join([*pieces, text[position:]])


def numbered(hidden: dict[int, Any]) -> dict[int, Any]:
    """Return markers that differ from each other: two secrets stay two keys."""
    counts: dict[Any, int] = {}
    different = {}
    for index, text in hidden.items():
        counts[text] = count = counts.get(text, 0) + 1
        number = f" #{count}" if count > 1 else ""
        different[index] = text + (number if isinstance(text, str) else number.encode())
    return different


def merged(found: list[Found]) -> list[Found]:
    """Return what was found in order; what overlaps as one, by the rule that begins first and reaches farthest."""
    result: list[Found] = []
    for secret in sorted(found, key=lambda secret: (secret.start, -secret.end)):
        last = result[-1] if result else None
        if last is None or secret.start >= last.end:
            result.append(secret)
        elif secret.end > last.end:
            result[-1] = last._replace(end=secret.end)
    return result
