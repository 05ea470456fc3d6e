"""What in a crash is a secret, and what is shown in its place.

A `Redactor` says what is hidden; a `Redaction` hides it in one recording, with the environment as it is then. Three
things tell a secret: the name it stands under, its shape, and that an environment variable with such a name holds it.
Only text (str, bytes, bytearray) is ever hidden.

Texts are looked at in bulk: joined, and searched with find() and translate(), so that a container without secrets
costs a few nanoseconds a character. Regular expressions are tried only at places where these found something, and all
their repetitions are bounded or cannot overlap: the time is linear in the text, whatever the text is.

Not for recording: which object is asked about when is the recorder's business. What cannot be found here: secrets
without telltale name or shape; text in other encodings than ASCII and UTF-8, compressed, encrypted, or cut in pieces.
"""

from __future__ import annotations

import binascii
import collections
import functools
import os
import re
import types

from keeptrace.record.kept import Kept
from keeptrace.record.raw import TEXTS, is_text, kinds_of

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from typing import Any, AnyStr, TypeVar

    TextT = TypeVar("TextT", str, bytes)

CHUNK = 2048  # items that are joined and searched at once
SMALL_CHUNK = 32  # and again where there may be a secret
WINDOW = 2**20  # bytes of a blob that are searched at once
OVERLAP = 2**13  # of such windows: no key is longer
NAMES_KEPT = 8192  # names whose rule is remembered
GROUPS_KEPT = 4096  # and names of one dict, function or class
FEW = 32  # names of one dict, function or class: remembered together


class Regex:
    """A regular expression that is compiled when it is first used: to compile all of them takes longer than init()."""

    def __init__(self, pattern: Any, flags: int) -> None:
        self._arguments = pattern, flags

    def __getattr__(self, name: str) -> Any:
        """Return what the compiled pattern has of this name; from then on it is found without asking here."""
        value = getattr(re.compile(*self._arguments), name)
        setattr(self, name, value)
        return value


def regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    compiled_later: Any = Regex(pattern, flags)
    return compiled_later  # type: ignore[no-any-return]


Found = collections.namedtuple("Found", ["start", "end", "rule"])  # noqa: PYI024 (typing is heavy)
"""Where a secret stands in a text, and the rule that found it."""


class Redactor:
    """Says what is a secret, beyond and but for what keeptrace knows by itself; reusable and unchangeable.

    names: words or phrases that say secret, in any spelling ("pin code" is pin_code, pinCode, PIN-CODE): a value is
        hidden when the name it stands under ends with them.
    patterns: regular expressions of secrets by the name of the rule. A group called "secret" is hidden by itself,
        what surrounds it stays. They run on every text: theirs is the time that they take.
    allow: names, and texts, that are never to be hidden.
    environment: whether values of environment variables are looked for.

    Raises TypeError and ValueError for anything else.
    """

    names: tuple[str, ...]
    patterns: Mapping[str, re.Pattern[str]]
    allow: frozenset[str]
    environment: bool
    _phrases: frozenset[tuple[str, ...]]
    _assigned: tuple[tuple[bytes, bytes], ...]
    _allowed_names: frozenset[tuple[str, ...]]
    _rules: Kept[str, str | None]
    _rules_of: Kept[tuple[str, ...], dict[int, str]]
    _literals: list[tuple[dict[Any, Any], tuple[Literal, ...]]]

    def __init__(
        self,
        *,
        names: Iterable[str] = (),
        patterns: Mapping[str, str | re.Pattern[str]] | None = None,
        allow: Iterable[str] = (),
        environment: bool = True,
    ) -> None:
        if not isinstance(environment, bool):
            raise TypeError(f"Redactor(environment=...) must be True or False, not {environment!r}")
        own_names, allowed = _texts("names", names), frozenset(_texts("allow", allow))
        own_phrases = [_words(name)[-MOST_WORDS:] for name in own_names]
        self.__dict__.update(
            names=own_names,
            patterns=types.MappingProxyType(_patterns(patterns)),
            allow=allowed,
            environment=environment,
            _phrases=frozenset([*PHRASES, *own_phrases]),
            _assigned=ASSIGNED_NAMES
            + tuple((words[-1].encode(), "".join(words).encode() + b"=") for words in own_phrases),
            _allowed_names=frozenset(map(_words, allowed)),
            _rules=Kept(NAMES_KEPT),
            _rules_of=Kept(GROUPS_KEPT),
            _literals=[({}, ())],
        )

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"cannot set {name!r}: a Redactor does not change; make another")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"cannot delete {name!r}: a Redactor does not change; make another")

    def __reduce__(self) -> tuple[Any, ...]:
        given = {name: getattr(self, name) for name in ("names", "allow", "environment")}
        return functools.partial(type(self), patterns=dict(self.patterns), **given), ()

    def __repr__(self) -> str:
        patterns = {name: pattern.pattern for name, pattern in self.patterns.items()}
        return f"Redactor(names={self.names!r}, patterns={patterns!r}, allow={sorted(self.allow)!r})"

    def rule_for_name(self, name: str) -> str | None:
        """Return the rule by which text of this name is hidden, None where the name says nothing.

        The last word of the name decides (or its last words, as in api_key), whatever follows in the way of numbers
        and of words such as value, bytes, header, hash: password, dbPassword2, X-Api-Key, HTTP_AUTHORIZATION,
        token_value are secrets; token_count, tokenizer, cookie_policy, password_file, next_token are none.
        """
        stripped = name[-LONGEST_NAME:].rstrip("0123456789")  # the names of numbered keys are one name
        try:
            return self._rules[stripped]
        except KeyError:
            words = () if stripped in SHELL_NAMES else _words(stripped)
            return self._rules.keep(stripped, self._rule_for_words(words))

    def _rule_for_words(self, words: tuple[str, ...]) -> str | None:
        if words in self._allowed_names:
            return None
        while words and words[-1] in TRAILING:
            words = words[:-1]
        for count in range(min(len(words), MOST_WORDS), 0, -1):
            if words[-count:] in self._phrases:
                is_other = words[-1] == "token" and words[-2:-1] in OTHER_TOKENS
                return None if is_other else f"name {'_'.join(words[-count:])}"
        grown = next((spelling for spelling in GROWN_TOGETHER if words and words[-1].endswith(spelling)), None)
        return f"name {grown}" if grown else None

    def begin(self) -> Redaction:
        """Return what hides the secrets of one recording, the environment's as it is now."""
        return Redaction(self, self._read_environment() if self.environment else ())

    def _read_environment(self) -> tuple[Literal, ...]:
        """Return the texts that are secret wherever they occur, the longest first; made anew after each change."""
        now = environment()
        ((known, literals),) = self._literals
        if known != now:
            found = [literal for name, value in list(os.environ.items()) for literal in self._literals_of(name, value)]
            by_text = {literal.text: literal for literal in reversed(found)}
            literals = tuple(sorted(by_text.values(), key=lambda literal: -len(literal.text)))
            self._literals[:] = [(now, literals)]
        return literals

    def _literals_of(self, name: str, value: str) -> Iterator[Literal]:
        if self.rule_for_name(name) is not None:
            secrets = [value]
        else:
            secrets = [match["secret"] for match in URL.finditer(value)] if "://" in value else []
        for secret in secrets:
            if is_distinctive(secret) and secret not in self.allow:
                yield from (Literal(f"environment variable {name}", form) for form in forms(secret))


def environment() -> dict[Any, Any]:
    """Return the environment as os.environ keeps it: reading it name by name takes longer than many a recording."""
    encoded = getattr(os.environ, "_data", None)
    return encoded.copy() if type(encoded) is dict else dict(os.environ)


@functools.cache
def default_redactor() -> Redactor:
    """Return the redactor of init(redact=True), always the same: what it remembers of names stays of use."""
    return Redactor()


class Redaction:
    """Hides the secrets of one recording."""

    def __init__(self, redactor: Redactor, literals: Sequence[Literal] = ()) -> None:
        self.redactor = redactor
        self.rule_for_name = redactor.rule_for_name
        self.literals = literals
        self.patterns = tuple(redactor.patterns.items())
        self.assigned = redactor._assigned
        self.rules_of = redactor._rules_of
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
                blob.endswith(b".") and not blob.startswith(b"\x80") and self.hides(TEXT_OPCODE.sub(b" ", raw))
            ):  # protocol 0 or 1
                return True
        return False

    def pickles_secret(self, window: str, lower: bytes) -> bool:
        """Tell whether a pickle has text behind a name that says secret."""
        for stem in {stem for stem, _ in self.assigned}:
            end = 0
            while (start := lower.find(stem, end)) >= 0:
                end = start + len(stem)
                match = PICKLED.match(window, end)
                before = window[max(start - 60, 0) : start]
                name = (
                    before[len(before.rstrip(NAME_CHARACTERS)) :] + window[start : match.end("name") if match else end]
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
        if len(texts) == 1 and len(texts[0]) < SHORTEST:
            return False
        joined = "\n".join(texts)
        return len(joined) >= SHORTEST and next(self.candidates(joined), None) is not None

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
        rule, other = self.rule_for_item(name), self.rule_for_item(value)
        return {1: self.hidden(rule, value)} if rule is not None and other is None else {}

    def value(self, value: Any) -> Any:
        """Return a text without secrets, and anything else as it is."""
        return self.text(value) if is_text(value) else value

    # -- names --------------------------------------------------------------------------------------------------------

    def rule_for_item(self, name: object) -> str | None:
        """Return the rule of a dict's key, which may be of any type."""
        if type(name) is bytes and len(name) <= LONGEST_NAME:
            name = name.decode("latin-1")
        return self.rule_for_name(name) if type(name) is str and len(name) <= LONGEST_NAME else None

    def secret_names(self, names: Sequence[Any], kinds: AbstractSet[type] | None = None) -> dict[int, str]:
        """Return the rules of those names that say secret, by their index.

        kinds: the types of the names, where these are known.
        """
        kinds = kinds_of(names) if kinds is None else kinds
        few = tuple(names) if len(names) <= FEW and kinds == {str} else None
        known = None if few is None else self.rules_of.get(few)
        if known is not None:
            return known
        rules: dict[int, str] = {}
        for start in range(0, len(names), CHUNK):
            chunk = names[start : start + CHUNK]
            if len(names) <= FEW or may_be_secret(chunk, kinds, self.assigned):
                named = ((index, self.rule_for_item(name)) for index, name in enumerate(chunk, start))
                rules.update((index, rule) for index, rule in named if rule is not None)
        return rules if few is None else self.rules_of.keep(few, rules)

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

    def named(self, name: object, value: Any) -> Any:
        """Return a value as it is to be shown under a name."""
        rule = self.rule_for_item(name)
        return value if rule is None else self.hidden(rule, value)

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
        if len(text) < SHORTEST and not self.patterns:
            return []
        found = [secret for search in self.candidates(text, raw) for secret in search(text, is_source)]
        for rule, pattern in self.patterns:
            group = "secret" if "secret" in pattern.groupindex else 0
            found += [Found(*match.span(group), rule) for match in pattern.finditer(text)]
        allow = self.redactor.allow
        return merged([one for one in found if one.end > one.start and text[one.start : one.end] not in allow])

    def candidates(self, text: str, raw: bytes | None = None) -> Iterator[Any]:
        """Yield the searches worth doing in a text, as functions (text, is_source) -> secrets."""
        flat = text.encode("ascii", "replace") if raw is None else raw  # as long as the text
        has_run = len(flat) >= len(RUN) and RUN in flat.translate(AS_RUNS)
        literals = self.literals if len(text) >= self.shortest else ()
        yield from [literal.find for literal in literals if (has_run or not literal.has_run) and literal.is_in(text)]
        is_plain = not has_run or not flat.translate(None, HEXADECIMAL)  # uuids and digests are no keys
        if not is_plain and next(keys(text, flat), None) is not None:
            yield functools.partial(find_keys, flat)
        for rare, needles in BY_NEEDLE:
            if rare in text:
                yield from [search for needle, search in needles if needle in text]
        if "=" in text or ":" in text or ("'" in text and "'," in text) or ('"' in text and '",' in text):
            names = flat.translate(AS_NAMES, NOT_IN_NAMES)
            stems = [stem for stem, needle in self.assigned if needle in names]
            if stems:
                yield functools.partial(self.find_assigned, flat.lower(), stems)

    def find_assigned(self, lower: bytes, stems: Sequence[bytes], text: str, is_source: bool) -> Iterator[Found]:
        """Find values behind names in a text: password='x', "password": "x", password=x; headers, `Cookie: a=b`."""
        for stem in stems:
            end = 0
            while (start := lower.find(stem, end)) >= 0:
                end = start + len(stem)
                match = ASSIGNED.match(text, end)
                if match is None:
                    continue
                before = text[max(start - 60, 0) : start]
                begin = start - len(before) + len(before.rstrip(NAME_CHARACTERS))
                found = self.assigned_value(text, begin, match, is_source)
                if found is not None:
                    yield found
                if found is not None or match.end() - end > 512:  # no place is read again and again
                    end = max(end, match.end(), found.end if found else 0)

    def assigned_value(self, text: str, begin: int, match: re.Match[str], is_source: bool) -> Found | None:
        """Return where the value stands that follows a name, if the name says secret and the value is one."""
        name, kind = text[begin : match.end("name")], match.lastgroup or ""
        rule = self.rule_for_name(name)
        if rule is None:
            return None
        value, (start, end) = match[kind], match.span(kind)
        is_secret = True
        line = match.start("annotation") if match["annotation"] else start if kind == "header" else -1
        if line >= 0 and is_header(name) and (header := header_value(text, begin, name, line)) is not None:
            start, end = header
        elif kind == "header":
            return None
        elif kind == "pair":
            is_pair = "(" in text[max(begin - 3, 0) : begin]  # and no list of words
            is_secret = is_pair and is_header(name) and self.rule_for_name(value) is None
        elif kind == "bare":
            is_secret = not is_source and is_bare(text, begin, match) and self.rule_for_name(value) is None
        elif kind in ("double", "single"):
            is_secret = is_quoted(text, begin, match, value) and (not is_source or is_hard_coded(value))
        elif kind == "escaped":
            end = start + len(value.rstrip("\\"))
        is_secret = is_secret and start < end and not PLACEHOLDER.fullmatch(text, start, end)
        return Found(start, end, rule) if is_secret else None


class Unredacted(Redaction):
    """What stands in for a Redaction where nothing is to be hidden: `redact=False`."""

    def __init__(self) -> None:
        super().__init__(Redactor(environment=False))
        self.rule_for_name = lambda name: None

    def find(self, text: str, *, raw: bytes | None = None, is_source: bool = False) -> list[Found]:
        return []

    def items(self, items: Any, kinds: AbstractSet[type] | None = None, *, distinct: bool = False) -> Any:
        return items

    def any_hidden(self, texts: Sequence[str]) -> bool:
        return False

    def secret_names(self, names: Sequence[Any], kinds: AbstractSet[type] | None = None) -> dict[int, str]:
        return {}

    def hides_blob(self, blob: bytes) -> bool:
        return False


def of(redactor: Redactor | None) -> Redaction:
    """Return what hides the secrets of one recording, or of what goes with it; None hides nothing."""
    return unredacted() if redactor is None else redactor.begin()


@functools.cache
def unredacted() -> Redaction:
    return Unredacted()


# ---------------------------------------------------------------------------------------------------------------------
# Arguments of a Redactor
# ---------------------------------------------------------------------------------------------------------------------


def _texts(argument: str, texts: Iterable[str]) -> tuple[str, ...]:
    if isinstance(texts, (str, bytes)):
        raise TypeError(f"Redactor({argument}=...) must be several texts, not one: {texts!r}; write [{texts!r}]")
    try:
        found = tuple(texts)
    except TypeError:
        raise TypeError(f"Redactor({argument}=...) must be several texts, not {texts!r}") from None
    for text in found:
        if not isinstance(text, str):
            raise TypeError(f"Redactor({argument}=...) must hold texts only, not {text!r}")
        if not text or (argument == "names" and not _words(text)):
            raise ValueError(f"Redactor({argument}=...) holds {text!r}, in which there is no word")
    return found


def _patterns(patterns: Mapping[str, str | re.Pattern[str]] | None) -> dict[str, re.Pattern[str]]:
    if patterns is None:
        return {}
    try:
        items = dict(patterns).items()
    except (TypeError, ValueError):
        raise TypeError(f"Redactor(patterns=...) must map names to regular expressions, not {patterns!r}") from None
    return {_rule_name(name): _compiled(name, pattern) for name, pattern in items}


def _rule_name(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError(f"Redactor(patterns=...) must have texts as names, not {name!r}")
    if not name.isprintable() or not name:
        raise ValueError(f"Redactor(patterns=...) has the name {name!r}, which cannot be shown in a marker")
    return name


def _compiled(name: str, pattern: str | re.Pattern[str]) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except TypeError:
        raise TypeError(f"Redactor(patterns=...) must map {name!r} to a str or pattern, not {pattern!r}") from None
    except re.error as error:
        raise ValueError(f"Redactor(patterns=...) has no regular expression under {name!r}: {error}") from None
    if type(compiled.pattern) is not str:
        raise TypeError(f"Redactor(patterns=...) must map {name!r} to a pattern of str, not {pattern!r}")
    if compiled.match(""):
        raise ValueError(f"Redactor(patterns=...) has under {name!r} a pattern that matches no text at all")
    return compiled


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


LINE_END = regex(r"(\r\n|\r|\n)")


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


# ---------------------------------------------------------------------------------------------------------------------
# Names
# ---------------------------------------------------------------------------------------------------------------------

WORD = regex(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?(?:(?![A-Z])[^\W\d_])+|[A-Z]+")
LONGEST_NAME = 200
MOST_WORDS = 4
SHELL_NAMES = frozenset(["PWD", "OLDPWD"])  # where a shell stands: folders


@functools.lru_cache(maxsize=1024)
def _words(name: str) -> tuple[str, ...]:
    """Return the words of a name in small letters, without numbers."""
    name = name[-LONGEST_NAME:]
    return tuple(word.lower() for word in WORD.findall(name.lower() if name.isupper() else name))


def _phrases(lines: str) -> dict[tuple[str, ...], None]:
    return {tuple(phrase.split()): None for phrase in lines.replace("\n", ",").split(",") if phrase.strip()}


PHRASES = _phrases("""
    password, passwords, passwd, passwds, pwd, passphrase, passphrases, pass phrase, pass word, passcode
    db pass, database pass, user pass, mail pass, email pass, smtp pass, ftp pass, sftp pass, ssh pass, redis pass
    mysql pass, pg pass, proxy pass, login pass, admin pass, root pass, auth pass, http pass, ldap pass, my pass
    secret, secrets, token, authtoken, apitoken, accesstoken, refreshtoken, idtoken, csrftoken, sessiontoken
    access tokens, refresh tokens, auth tokens, api tokens, bearer tokens, secret tokens, session tokens
    api key, api keys, apikey, apikeys, app key, application key, private key, private keys, privatekey, privkey
    priv key, secret key, secret keys, secretkey, access key, access keys, accesskey, account key, shared key, auth key
    encryption key, decryption key, signing key, master key, session key, service key, deploy key, admin key
    authkey, license key, subscription key, consumer key, webhook key, fernet key, jwt key, hmac key, aes key
    cookie key, crypto key, ssh key
    auth, basic auth, authorization, authentication, bearer, jwt, credential, credentials, creds, cred
    cookie, cookies, session id, sessionid, sessid, phpsessid, jsessionid, connect sid, csrf, xsrf, dsn, otp, totp
""")
"""The words that say secret, where a name ends with them."""

GROWN_TOGETHER = (
    "password", "passwd", "passphrase", "apikey", "secretkey", "privatekey", "accesskey", "authkey", "authtoken",
    "apitoken", "accesstoken", "refreshtoken", "csrftoken", "xsrftoken", "sessiontoken", "clientsecret", "appsecret",
    "apisecret", "middlewaretoken", "dbpass", "sshpass", "sessionid", "authorization",
)  # fmt: skip
"""Ends of words that say secret: PGPASSWORD, csrfmiddlewaretoken."""

TRAILING = frozenset(word for (word,) in _phrases("""
    again, b, base, bytes, cleartext, confirm, confirmation, confirmed, current, decoded, default, digest, encoded
    encrypted, hash, hashed, header, headers, hex, new, old, orig, original, pem, plain, plaintext, prev, previous, raw
    repeat, repeated, s, str, string, text, txt, u, utf, val, value, values
"""))  # fmt: skip
"""Words behind those that change nothing: a password's hash can be cracked, a header's value is the header."""

OTHER_TOKENS = frozenset(_phrases("""
    added, begin, bos, cls, continuation, cursor, delta, delimiter, dot, end, eof, eos, first, keyword, last, left
    lookahead, mask, next, operator, pad, page, pagination, parser, peek, prev, previous, punctuation, right, sep, skip
    special, start, stop, string, sync, terminal, unk, word
"""))  # fmt: skip
"""Words that make a token one of a parser, a tokenizer, or a list that comes in pages."""

STEMS = b"pass pwd secret token apikey auth bearer jwt cred cookie sess connect csrf xsrf dsn otp".split()
"""One of these, or KEY_NAME, is in every name that says secret."""

RAREST = [(bytes([max(stem, key=b"etaoinsrhldcumfpgwybvkxjqz".index)]), stem) for stem in STEMS]
"""The letter of each that is rarest in English, which is found fastest."""


def may_be_secret(names: Sequence[Any], kinds: AbstractSet[type], assigned: tuple[tuple[bytes, bytes], ...]) -> bool:
    """Tell quickly whether one of several names, which have these types, may say secret."""
    texts = names if kinds == {str} else [name for name in names if type(name) is str]
    raw = [name for name in names if type(name) is bytes] if bytes in kinds else []
    if len(assigned) > len(ASSIGNED_NAMES):  # words of one's own, maybe not ASCII
        return True
    joined = "\n".join(texts).encode("ascii", "replace") + b"\n" + b"\n".join(raw)
    lower = joined.translate(None, b"0123456789").lower()  # numbered keys are much shorter without
    found = any(letter in lower and stem in lower for letter, stem in RAREST)
    return found or (b"key" in lower and bool(KEY_NAME.search(lower)))


KEY_NAME = regex(
    rb"(?:account|aes|api|app|application|access|admin|consumer|crypto|deploy|fernet|hmac|ing|license|master|priv|private"
    rb"|service|shared|ssh|tion|webhook)[_\-. ]?key"
)

# ---------------------------------------------------------------------------------------------------------------------
# The environment
# ---------------------------------------------------------------------------------------------------------------------

NO_SECRET_VALUE = regex(r"[a-z]{1,15}|[A-Z]{1,15}|[A-Z][a-z]{1,14}|[\d.,:_ -]{1,15}|\d{1,6}(?:\.\d{1,6}){1,15}"
                        r"|(?:[A-Za-z]:)?[~.]{0,2}[/\\].*|file:.*")  # fmt: skip
SHORT_LITERAL = 12
RARE = "%\\&^~!?|#$;*+"


def is_distinctive(value: str) -> bool:
    """Tell whether a value can be told from ordinary text: not short, no plain word, number, path or placeholder."""
    is_ordinary = value.isspace() or NO_SECRET_VALUE.fullmatch(value) or PLACEHOLDER.fullmatch(value)
    return len(value) >= SHORTEST and not is_ordinary


class Literal:
    """A text that is secret wherever it occurs."""

    def __init__(self, rule: str, text: str) -> None:
        self.rule = rule
        self.text = text
        self.has_run = RUN in text.encode("ascii", "replace").translate(AS_RUNS)
        self.needle = next((char for char in RARE if char in text), text)  # found fastest
        self.is_short = len(text) < SHORT_LITERAL

    def is_in(self, text: str) -> bool:
        return self.needle in text and self.text in text

    def find(self, text: str, is_source: bool = False) -> Iterator[Found]:
        start = text.find(self.text)
        while start >= 0:
            end = start + len(self.text)
            if not self.is_short or not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()):
                yield Found(start, end, self.rule)
            start = text.find(self.text, end)


def forms(secret: str) -> list[str]:
    """Return the ways in which a secret is written: plain, escaped, in a URL, in base64, in UTF-8 read as Latin-1."""
    encoded = secret.encode("utf-8", "surrogateescape")
    quoted = [
        "".join(chr(byte) if byte in UNQUOTED else form % byte for byte in encoded) for form in ("%%%02X", "%%%02x")
    ]
    in_json = secret.replace("\\", "\\\\").replace('"', '\\"')
    written = [
        secret,
        repr(secret)[1:-1],
        repr(encoded)[2:-1],
        repr(secret)[1:-1].replace("\\", "\\\\"),
        in_json,
        "".join(char if char < "\x80" else f"\\u{ord(char):04x}" for char in in_json),
        *quoted,
        quoted[0].replace("%20", "+"),
        secret.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;"),
    ]
    if len(encoded) >= SHORT_LITERAL:
        base64 = binascii.b2a_base64(encoded, newline=False).decode().rstrip("=")
        whole = base64[: len(encoded) * 8 // 6]  # the last character would depend on what follows
        written += [whole, whole.replace("+", "-").replace("/", "_")]
    written += [text.encode("utf-8", "surrogateescape").decode("latin-1") for text in written]  # as bytes show it
    return list(dict.fromkeys(written))


UNQUOTED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~")


# ---------------------------------------------------------------------------------------------------------------------
# Keys: what providers issue. All are longer than RUN, and consist of what AS_RUNS lets pass
# ---------------------------------------------------------------------------------------------------------------------

SHORTEST = 6  # characters of the shortest text that is looked at
RUN = b"a" * 20
KEY_CHARACTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-")
AS_RUNS = bytes(97 if byte in KEY_CHARACTERS else 10 for byte in range(256))
HEXADECIMAL = b"0123456789abcdefABCDEF-\n "

KEYS = {
    # docs.aws.amazon.com/IAM: unique identifiers; the secret half has no shape of its own
    "AWS access key": r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])",
    # github.blog, 2021-04-05, token formats: up to 255 characters; a server's may be a JWT behind its prefix
    "GitHub token": r"gh[oprsu]_[A-Za-z0-9_]{36,255}(?:\.[A-Za-z0-9_-]{1,2048}){0,2}|github_pat_[A-Za-z0-9_]{36,255}",
    # docs.gitlab.com/security/tokens: prefixes
    "GitLab token": r"gl(?:pat|oas|dt|rtr?|cbt|ptt|ft|imt|agent|wt|soat|ffct)-[A-Za-z0-9_.-]{20,300}"
    r"|GR1348941[A-Za-z0-9_-]{20,50}",
    # docs.slack.dev/authentication/tokens
    "Slack token": r"xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9%/+_-]{15,512}|xapp-\d-[A-Za-z0-9-]{15,512}",
    # docs.stripe.com/keys: restricted keys too; test keys open real accounts' test data
    "Stripe key": r"[rs]k_(?:live|test)_[A-Za-z0-9]{12,255}|whsec_[A-Za-z0-9+/=]{24,255}",
    "Google key": r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])|GOCSPX-[A-Za-z0-9_-]{20,64}|ya29\.[A-Za-z0-9_.-]{20,2048}"
    r"|(?<=1//)0[A-Za-z0-9_-]{40,512}",
    # RFC 7519, 7516: three parts, or five of an encrypted one; `{"` in base64 is eyJ
    "JWT": r"(?<![_.-])eyJ[A-Za-z0-9_-]{13,8192}\.[A-Za-z0-9_-]{4,65536}\.[A-Za-z0-9_-]{0,65536}"
    r"(?:\.[A-Za-z0-9_-]{1,65536}){0,2}",
    "OpenAI or Anthropic key": r"sk-(?:ant|proj|svcacct|admin|or|lf|None)-[A-Za-z0-9_-]{20,512}"
    r"|sk-[A-Za-z0-9]{32,128}(?![A-Za-z0-9-])",
    "npm token": r"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])",
    "PyPI token": r"pypi-AgE[A-Za-z0-9_-]{30,1024}",
    "SendGrid key": r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}",
    "Twilio key": r"SK[0-9a-f]{32}(?![A-Za-z0-9])",
    "DigitalOcean token": r"do[opr]_v1_[0-9a-f]{64}",
    "Hugging Face token": r"hf_[A-Za-z0-9]{30,64}(?![A-Za-z0-9])",
    "Cloudflare token": r"cf(?:k|ut|at)_[A-Za-z0-9]{40,64}",
    "Vault token": r"hv[bsr]\.[A-Za-z0-9_-]{24,512}",
    "Docker token": r"dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,64}",
    "Shopify token": r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",
    "Databricks token": r"dapi[0-9a-f]{32}(?:-\d)?(?![A-Za-z0-9])",
    "Telegram token": r"(?<=\d:)AA[A-Za-z0-9_-]{33}(?![A-Za-z0-9_-])",
}
KEY_RULES = tuple(KEYS)
KEY_START = regex(
    r"[0AGSacdeghnprswx-y](?<![A-Za-z0-9].)(?:(?<=A)[ABCIKS]|(?<=g)[hil]|(?<=G)[OR]|(?<=S)[GK]|(?<=x)[ao]|(?<=[rs])k|(?<=s)h"
    r"|(?<=w)h|(?<=y)a|(?<=e)yJ|(?<=n)pm|(?<=p)yp|(?<=d)(?:o[opr]_|ck|ap)|(?<=h)[fv]|(?<=c)f|(?<=0).)"
)
"""Where a key may begin: what each of KEYS begins with."""
KEY = regex("(?<![A-Za-z0-9])(?:" + "|".join(f"({pattern})" for pattern in KEYS.values()) + ")")


def keys(text: str, flat: bytes) -> Iterator[re.Match[str]]:
    """Yield the keys in a text; only its long runs of letters and digits are looked at."""
    runs = flat.translate(AS_RUNS)
    start = runs.find(RUN)
    while start >= 0:
        end = runs.find(b"\n", start)
        end = len(runs) if end < 0 else end
        while start < end and (begin := KEY_START.search(text, start, end)) is not None:
            match = KEY.match(text, begin.start())  # that the run ends need not end the key
            start = begin.end() if match is None else match.end()
            if match is not None:
                yield match
        start = runs.find(RUN, max(start, end))


def find_keys(flat: bytes, text: str, is_source: bool) -> Iterator[Found]:
    for match in keys(text, flat):
        yield Found(*match.span(), KEY_RULES[(match.lastindex or 1) - 1])


# ---------------------------------------------------------------------------------------------------------------------
# Other shapes: each is looked for where its needle is in the text
# ---------------------------------------------------------------------------------------------------------------------

URL = regex(r"://[^\s/?#@:'\"<>\\]{0,256}:(?P<secret>[^\s/?#'\"<>\\]{1,512})@(?=[^\s'\"<>@])")
URL_TOKEN = regex(r"://(?=[A-Za-z_-]{0,63}\d)(?P<secret>[A-Za-z0-9_-]{20,256})@(?=[^\s'\"<>@])")
WEBHOOK = regex(
    r"(?:hooks\.slack\.com/(?:services|workflows|triggers)|discord(?:app)?\.com/api/webhooks)/(?P<secret>[\w/-]{20,256})"
)
SIGNATURE = regex(r"sig=(?<=[?&;]sig=)(?P<secret>[A-Za-z0-9%+/=_-]{20,512})")
AWS_SIGNATURE = regex(r"X-Amz-Signature=(?P<secret>[A-Za-z0-9%+/=_-]{20,512})")
PRIVATE_KEY = regex(
    r"-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----"
    r"(?=[\s\\nrt'\"+,]{0,64}(?:[A-Za-z0-9+/=]{16}|Proc-Type|Version|Comment|Bag))"
    r"[^-]*(?:-(?!----)[^-]*){0,64}(?:-----END [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----)?"
)
PUTTY_KEY = regex(r"Private-Lines: \d{1,4}\s{1,4}(?P<secret>(?:[A-Za-z0-9+/=]{40,80}\r?\n){0,400}[A-Za-z0-9+/=]{0,80})")
BEARER = regex(r"earer (?<=\b[Bb]earer )[ \t]{0,3}(?P<secret>(?=[A-Za-z._~+/=-]{0,512}\d)[A-Za-z0-9._~+/=-]{16,8192})")
BASIC = regex(r"asic (?<=\b[Bb]asic )[ \t]{0,3}(?P<secret>[A-Za-z0-9+/]{8,1024}={0,2})")
PLACEHOLDER = regex(
    r"<[^<>]*>|\$?\{[^{}]*\}|\{\{[^{}]*\}\}|\$[A-Z_]+|\$\([^()]*\)|%\(?\w*\)?[sdr]|[*x.•_-]{3,}|(?i:password|passwd|pwd|pass|secret|token)|None|null|True|False|true|false|"
    r"\[[A-Za-z ]*\]|\[?(?:REDACTED|Filtered|FILTERED|hidden|masked|redacted)\]?"
)


def by_pattern(rule: str, pattern: re.Pattern[str]) -> Any:
    """Return a search for a pattern, or for its group "secret"."""

    def find(text: str, is_source: bool) -> Iterator[Found]:
        group = "secret" if "secret" in pattern.groupindex else 0
        for match in pattern.finditer(text):
            if not PLACEHOLDER.fullmatch(text, *match.span(group)):
                yield Found(*match.span(group), rule)

    return find


def find_basic(text: str, is_source: bool) -> Iterator[Found]:
    """Find user:password in base64; "Basic authentication" is none."""
    for match in BASIC.finditer(text):
        secret = match["secret"].rstrip("=")
        try:
            pair = binascii.a2b_base64(secret + "=" * (-len(secret) % 4)).decode()
        except ValueError:
            continue
        if ":" in pair and pair.isprintable():
            yield Found(*match.span("secret"), "Authorization header")


BY_NEEDLE: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...] = (
    ("@", (("://", by_pattern("URL password", URL)), ("://", by_pattern("URL token", URL_TOKEN)))),
    ("V", (("PRIVATE KEY", by_pattern("private key", PRIVATE_KEY)),)),
    ("P", (("Private-Lines", by_pattern("private key", PUTTY_KEY)),)),
    (" ", (("earer ", by_pattern("Authorization header", BEARER)), ("asic ", find_basic))),
    ("=", (("sig=", by_pattern("signature", SIGNATURE)), ("Signature=", by_pattern("signature", AWS_SIGNATURE)))),
    ("/", (("hooks", by_pattern("webhook", WEBHOOK)),)),
)
"""What must be in a text for a search to be worth it: a single character is found fastest."""

# ---------------------------------------------------------------------------------------------------------------------
# Names with values inside a text
# ---------------------------------------------------------------------------------------------------------------------

AS_NAMES = bytes(range(256)).lower().replace(b":", b"=").replace(b",", b"=")
NOT_IN_NAMES = b" \t_-\\\"'`]0123456789>"
ASSIGNED_NAMES = tuple(
    (stem.encode(), f"{needle}=".encode())
    for stem, needle in (
        ("password", "password"), ("passwd", "passwd"), ("pwd", "pwd"), ("phrase", "phrase"), ("pass", "pass"),
        ("secret", "secret"), ("token", "token"), ("key", "key"), ("auth", "auth"), ("authorization", "authorization"),
        ("cookie", "cookie"), ("credential", "credentials"), ("dsn", "dsn"), ("session", "sessionid"), ("jwt", "jwt"),
    )
)  # fmt: skip
"""What to look for in small letters, where a text holds the other without what NOT_IN_NAMES leaves out."""

NAME_CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-"
ASSIGNED = regex(
    r"(?P<name>[A-Za-z0-9_-]{0,40})"
    r"(?P<own>\\{0,3}[\"'`]\]?)?"  # the name's own quote
    r"(?:"
    r"(?:[ \t]{0,4}:[ \t]{0,4}(?P<annotation>[A-Za-z_][A-Za-z0-9_.\[\]]{0,30}(?: \| [A-Za-z_.\[\]]{1,30}){0,2}))?"
    r"[ \t]{0,16}(?:=>|[:=])[ \t]{0,16}"
    r"[bBrRuUfF]{0,2}(?:"
    r'"(?P<double>[^\r\n\\"]*(?:\\[^\r\n][^\r\n\\"]*)*)'
    r"|'(?P<single>[^\r\n\\']*(?:\\[^\r\n][^\r\n\\']*)*)"
    r"|\\{1,7}[\"'](?P<escaped>[^\r\n\"']*))"
    r"|(?<=[\"']),[ \t]?b?[\"'](?P<pair>[^\r\n\"']*)"
    r"|=(?P<bare>[^\s;&,'\"(){}\[\]<>\\|]+)"
    r"|:[ \t]{0,4}(?P<header>[^\s'\"])"
    r")"
)
CREDENTIALS = regex(
    r"(?:Basic|Bearer|Digest|Token|Api-?Key|Negotiate|NTLM|AWS4-HMAC-SHA256|HMAC|Hawk|OAuth|SharedKey|Key)[ \t]{1,9}"
    r"(?=\S{4})",
    re.IGNORECASE,
)
SINGLE = regex(r"(?=[^\s\d]{0,512}\d)[^\s,;()]{6,8192}(?=\s|\Z)")
PAIRS = regex(r"[^\s=;,:()]{1,128}=[^\s=;,]")
BEFORE_BARE = frozenset(" \t\r\n;&?,'\"`|")
AFTER_BARE = frozenset(" \t\r\n;&'\"\\`|")


def is_header(name: str) -> bool:
    lower = name.lower()
    return lower.endswith(("authorization", "cookie")) or lower.startswith("x-")


def is_bare(text: str, begin: int, match: re.Match[str]) -> bool:
    """Tell whether name=value without quotes is that, and not code such as f(password=given)."""
    before, after = text[begin - 1 : begin] if begin else "", text[match.end() : match.end() + 1]
    in_list = before == "," and after == ","
    value = match["bare"]
    is_number = value.isdigit() and len(value) < SHORTEST
    return (before in BEFORE_BARE or not before) and (after in AFTER_BARE or not after or in_list) and not is_number


def is_quoted(text: str, begin: int, match: re.Match[str], value: str) -> bool:
    """Tell whether a quote behind a name opens a text, and does not close one: getpass("Password: ")."""
    if match["own"] or text[match.end("name") : match.end("name") + 1] == "=":
        return True
    quote = text[match.end() - len(value) - 1]
    return text[begin - 1 : begin] != quote and BEHIND_QUOTE.match(value) is None


def is_hard_coded(value: str) -> bool:
    """Tell whether a text in source code may be a real secret: no name, prompt, format or word."""
    return is_distinctive(value) and any(char.isdigit() for char in value) and FORMAT.search(value) is None


BEHIND_QUOTE = regex(r"\s*\Z|\s+[+%]|\s*\)|\.(?:format|join)\(")
FORMAT = regex(r"\{\w*[^{}]*\}|%[sdr(]|^\w+:$")


def header_value(text: str, begin: int, name: str, start: int) -> tuple[int, int] | None:
    """Return where the secret of a header line stands, None where the text is something else."""
    credentials = None
    if name.lower().endswith("authorization"):
        credentials = CREDENTIALS.match(text, start)
        is_secret = credentials is not None or SINGLE.match(text, start) is not None
    elif name.lower().endswith("cookie"):
        is_secret = PAIRS.match(text, start) is not None
    else:
        is_secret = name.lower().startswith("x-") and SINGLE.match(text, start) is not None
    if not is_secret:
        return None
    line = QUOTED_LINE if begin and text[begin - 1] in "'\"" else LINE
    return credentials.end() if credentials else start, line.match(text, start).end()  # type: ignore[union-attr]


LINE, QUOTED_LINE = regex(r"[^\r\n\\]*"), regex(r"[^\r\n\\'\"]*")

PICKLED = regex(
    r"(?P<name>[A-Za-z0-9_-]{0,40}?)(?:\x94|q(?s:.)|r(?s:....)|\n(?:p\d{1,9}\n)?)?"
    r"(?:\x8c[^\x00]|U[^\x00]|[XBT](?s:..)\x00\x00|C[^\x00]|V[^\n])"
)
"""The rest of a name and the text that follows it in a pickle, in any protocol."""
TEXT_OPCODE = regex(rb"(?<=[\n(lda0-9s])V")
