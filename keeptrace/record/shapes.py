"""The shapes of secrets in a text: keys that providers issue, passwords in URLs, private keys, name=value.

Regular expressions are tried only at places where find() and translate(), which are quick, found something, and all
their repetitions are bounded or cannot overlap: the time is linear in the text, whatever the text is.
"""

from __future__ import annotations

import binascii
import collections
import re

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, AnyStr


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


def has_run(flat: bytes) -> bool:
    """Tell whether a text has a run of letters and digits as long as a key's."""
    return len(flat) >= len(RUN) and RUN in flat.translate(AS_RUNS)


def has_key(text: str, flat: bytes) -> bool:
    is_number = not flat.translate(None, HEXADECIMAL)  # uuids and digests are no keys
    return not is_number and next(keys(text, flat), None) is not None


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


NO_SECRET_VALUE = regex(r"[a-z]{1,15}|[A-Z]{1,15}|[A-Z][a-z]{1,14}|[\d.,:_ -]{1,15}|\d{1,6}(?:\.\d{1,6}){1,15}"
                        r"|(?:[A-Za-z]:)?[~.]{0,2}[/\\].*|file:.*")  # fmt: skip


def is_distinctive(value: str) -> bool:
    """Tell whether a value can be told from ordinary text: not short, no plain word, number, path or placeholder."""
    is_ordinary = value.isspace() or NO_SECRET_VALUE.fullmatch(value) or PLACEHOLDER.fullmatch(value)
    return len(value) >= SHORTEST and not is_ordinary


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


def find_assigned(
    rule_for_name: Callable[[str], str | None], lower: bytes, stems: Sequence[bytes], text: str, is_source: bool
) -> Iterator[Found]:
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
            found = assigned_value(rule_for_name, text, begin, match, is_source)
            if found is not None:
                yield found
            if found is not None or match.end() - end > 512:  # no place is read again and again
                end = max(end, match.end(), found.end if found else 0)


def assigned_value(
    rule_for_name: Callable[[str], str | None], text: str, begin: int, match: re.Match[str], is_source: bool
) -> Found | None:
    """Return where the value stands that follows a name, if the name says secret and the value is one."""
    name, kind = text[begin : match.end("name")], match.lastgroup or ""
    rule = rule_for_name(name)
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
        is_secret = is_pair and is_header(name) and rule_for_name(value) is None
    elif kind == "bare":
        is_secret = not is_source and is_bare(text, begin, match) and rule_for_name(value) is None
    elif kind in ("double", "single"):
        is_secret = is_quoted(text, begin, match, value) and (not is_source or is_hard_coded(value))
    elif kind == "escaped":
        end = start + len(value.rstrip("\\"))
    is_secret = is_secret and start < end and not PLACEHOLDER.fullmatch(text, start, end)
    return Found(start, end, rule) if is_secret else None


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
