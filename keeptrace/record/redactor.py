"""What is a secret by its name, and by the environment: the settings of redaction."""

from __future__ import annotations

import binascii
import functools
import os
import re
import types

from keeptrace.record import shapes
from keeptrace.record.cache import Cache
from keeptrace.record.raw import kinds_of

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from typing import Any, TypeVar

    from keeptrace.record.shapes import Found

    T = TypeVar("T")

CHUNK = 2048  # names that are joined and searched at once
FEW = 32  # names that are looked at one by one at once
SHORT = 4000  # characters of names of one dict, function, class or module that are remembered together
MANY = 512  # such names at most
GROUPS_KEPT = 1024  # of these
NAMES_KEPT = 8192  # single ones whose rule is remembered


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
    assigned: tuple[tuple[bytes, bytes], ...]  # its own names too, else as shapes.ASSIGNED_NAMES
    _allowed_names: frozenset[tuple[str, ...]]
    _rules: Cache[str, str | None]
    _rules_of: Cache[tuple[str, ...], dict[int, str]]
    _literals: list[tuple[dict[Any, Any], tuple[Literal, ...]]]
    _clean_names: list[tuple[Sequence[Literal], Cache[tuple[str, ...], bool]]]

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
            assigned=shapes.ASSIGNED_NAMES
            + tuple((words[-1].encode(), "".join(words).encode() + b"=") for words in own_phrases),
            _allowed_names=frozenset(map(_words, allowed)),
            _rules=Cache(NAMES_KEPT),
            _rules_of=Cache(GROUPS_KEPT),
            _literals=[({}, ())],
            _clean_names=[((), Cache(GROUPS_KEPT))],
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
            return self._rules.store(stripped, self._rule_for_words(words))

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
        group = tuple(names) if len(names) <= MANY and kinds == {str} else None
        known = None if group is None else self._rules_of.get(group)
        if known is not None:
            return known
        rules: dict[int, str] = {}
        for start in range(0, len(names), CHUNK):
            chunk = names[start : start + CHUNK]
            if len(names) <= FEW or may_be_secret(chunk, kinds, self.assigned):
                named = ((index, self.rule_for_item(name)) for index, name in enumerate(chunk, start))
                rules.update((index, rule) for index, rule in named if rule is not None)
        return rules if group is None else remember(self._rules_of, group, rules)

    def literals(self) -> tuple[Literal, ...]:
        """Return the texts that are secret wherever they occur, the longest first; made anew after each change."""
        if not self.environment:
            return ()
        now = environment()
        ((known, literals),) = self._literals
        if known != now:
            found = [literal for name, value in list(os.environ.items()) for literal in self._literals_of(name, value)]
            by_text = {literal.text: literal for literal in reversed(found)}
            literals = tuple(sorted(by_text.values(), key=lambda literal: -len(literal.text)))
            self._literals[:] = [(now, literals)]
        return literals

    def clean_names(self, literals: Sequence[Literal]) -> Cache[tuple[str, ...], bool]:
        """Return what is remembered of groups of names: whether none shows a secret, these literals among them."""
        ((looked_for, names),) = self._clean_names
        if looked_for is not literals:
            names = Cache(GROUPS_KEPT)
            self._clean_names[:] = [(literals, names)]
        return names

    def _literals_of(self, name: str, value: str) -> Iterator[Literal]:
        if self.rule_for_name(name) is not None:
            secrets = [value]
        else:
            secrets = [match["secret"] for match in shapes.URL.finditer(value)] if "://" in value else []
        for secret in secrets:
            if shapes.is_distinctive(secret) and secret not in self.allow:
                yield from (Literal(f"environment variable {name}", form) for form in forms(secret))


def remember(groups: Cache[tuple[str, ...], T], names: tuple[str, ...], found: T) -> T:
    """Remember what was found out about names together, unless they are long: they stay in memory."""
    return groups.store(names, found) if sum(map(len, names)) <= SHORT else found


@functools.cache
def default_redactor() -> Redactor:
    """Return the redactor of init(redact=True), always the same: what it remembers of names stays of use."""
    return Redactor()


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
# Names
# ---------------------------------------------------------------------------------------------------------------------

WORD = shapes.regex(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?(?:(?![A-Z])[^\W\d_])+|[A-Z]+")
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
    if len(assigned) > len(shapes.ASSIGNED_NAMES):  # words of one's own, maybe not ASCII
        return True
    joined = "\n".join(texts).encode("ascii", "replace") + b"\n" + b"\n".join(raw)
    lower = joined.translate(None, b"0123456789").lower()  # numbered keys are much shorter without
    found = any(letter in lower and stem in lower for letter, stem in RAREST)
    return found or (b"key" in lower and bool(KEY_NAME.search(lower)))


KEY_NAME = shapes.regex(
    rb"(?:account|aes|api|app|application|access|admin|consumer|crypto|deploy|fernet|hmac|ing|license|master|priv|private"
    rb"|service|shared|ssh|tion|webhook)[_\-. ]?key"
)


# ---------------------------------------------------------------------------------------------------------------------
# The environment
# ---------------------------------------------------------------------------------------------------------------------

SHORT_LITERAL = 12
RARE = "%\\&^~!?|#$;*+"


class Literal:
    """A text that is secret wherever it occurs."""

    def __init__(self, rule: str, text: str) -> None:
        self.rule = rule
        self.text = text
        self.has_run = shapes.has_run(text.encode("ascii", "replace"))
        self.needle = next((char for char in RARE if char in text), text)  # found fastest
        self.is_short = len(text) < SHORT_LITERAL

    def is_in(self, text: str) -> bool:
        return self.needle in text and self.text in text

    def find(self, text: str, is_source: bool = False) -> Iterator[Found]:
        start = text.find(self.text)
        while start >= 0:
            end = start + len(self.text)
            if not self.is_short or not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum()):
                yield shapes.Found(start, end, self.rule)
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


def environment() -> dict[Any, Any]:
    """Return the environment as os.environ keeps it: reading it name by name takes longer than many a recording."""
    encoded = getattr(os.environ, "_data", None)
    return encoded.copy() if type(encoded) is dict else dict(os.environ)
