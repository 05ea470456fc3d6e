"""What is a secret, what is none, and what is shown in its place; the recorder's use of it is tested with recording."""

from __future__ import annotations

import base64
import copy
import itertools
import json
import os
import pickle
import pickletools
import random
import re
import time
import urllib.parse
import uuid
from typing import TYPE_CHECKING, Any

import pytest

from keeptrace.record import redaction, redactor, shapes
from keeptrace.record.redaction import Redaction, Unredacted
from keeptrace.record.redactor import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
MB = 2**20


def made(length: int, alphabet: str = LETTERS, seed: int = 7) -> str:
    """Return random characters, with a digit among them: no scanner takes this file's text for a key."""
    return "".join(random.Random(seed).choices(alphabet, k=length - 1)) + "7"


def part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def pem(kind: str, *before: str) -> str:
    lines = [made(64, seed=number) for number in range(3)]
    return "\n".join(["-----BEGIN " + kind + "-----", *before, *lines, made(20) + "==", "-----END " + kind + "-----"])


JWT = ".".join([part(b'{"alg":"HS256","typ":"JWT"}'), part(b'{"sub":"1234567890"}'), made(43)])

SHAPES = {
    "AWS access key": ["AK" + "IA" + made(16, LETTERS[:26]), "AS" + "IA" + made(16, LETTERS[:26])],
    "GitHub token": [
        *["gh" + kind + "_" + made(36) for kind in "pousr"],
        "github" + "_pat_" + made(22) + "_" + made(59),
        "gh" + "s_123456_" + made(40) + "." + made(60) + "." + made(30),
    ],
    "GitLab token": [
        *["gl" + kind + "-" + made(20) for kind in ("pat", "dt", "rt", "cbt", "ptt", "ft", "agent", "soat", "oas")],
        "gl" + "pat-" + made(27) + ".01." + made(9),
        "GR" + "1348941" + made(20),
    ],
    "Slack token": [
        "xo" + "xb-" + "123456789012-123456789012-" + made(24),
        "xo" + "xp-" + "1-2-3-" + made(32),
        "xo" + "xe.xo" + "xp-1-" + made(60),
        "xo" + "xd-" + made(20) + "%2B" + made(20),
        "xa" + "pp-1-A0123ABCD-1234567890-" + made(64),
    ],
    "Stripe key": [
        *[kind + mode + made(24) for kind in ("s" + "k_", "r" + "k_") for mode in ("live_", "test_")],
        "wh" + "sec_" + made(32),
    ],
    "Google key": [
        "AI" + "za" + made(35),
        "GO" + "CSPX-" + made(28),
        "ya" + "29.a0" + made(60),
        "1/" + "/0g" + made(60),
    ],
    "JWT": [
        JWT,
        ".".join([part(b'{"alg":"dir","enc":"A128GCM"}'), "", "", "", ""])[:-3] + "abcd." + made(16) + "." + made(22),
    ],
    "OpenAI or Anthropic key": [
        *["s" + "k-" + kind + made(60) for kind in ("ant-api03-", "proj-", "svcacct-", "or-v1-")],
        "s" + "k-" + made(48),
    ],
    "npm token": ["np" + "m_" + made(36)],
    "PyPI token": ["py" + "pi-AgEIcHlwaS5vcmc" + made(80)],
    "SendGrid key": ["S" + "G." + made(22) + "." + made(43)],
    "Twilio key": ["S" + "K" + made(32, "0123456789abcdef")],
    "DigitalOcean token": ["do" + kind + "_v1_" + made(64, "0123456789abcdef") for kind in "opr"],
    "Hugging Face token": ["h" + "f_" + made(34)],
    "Cloudflare token": ["cf" + "ut_" + made(48)],
    "Vault token": ["hv" + "s." + made(95)],
    "Docker token": ["dckr" + "_pat_" + made(27)],
    "Shopify token": ["shp" + "at_" + made(32, "0123456789abcdef")],
    "Databricks token": ["da" + "pi" + made(32, "0123456789abcdef")],
    "private key": [
        pem("PRIVATE " + "KEY"),
        pem("RSA PRIVATE " + "KEY", "Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC,0123456789ABCDEF", ""),
        pem("OPENSSH PRIVATE " + "KEY"),
        pem("PGP PRIVATE " + "KEY BLOCK", "Version: 1", ""),
        pem("EC PRIVATE " + "KEY").replace("\n", "\\n"),
    ],
}
KEYS = [pytest.param(rule, key, id=f"{rule} {n}") for rule, keys in SHAPES.items() for n, key in enumerate(keys)]

IN_TEXT = [  # before, the secret, after, rule
    ("postgres://bob:", "hunter2", "@db.example.com:5432/app?x=y", "URL password"),
    ("redis://:", "p@ss:word", "@cache:6379/0", "URL password"),
    ("cannot reach mongodb+srv://u%40x:", "a%2Fb", "@host/ now", "URL password"),
    ("https://", made(40), "@sentry.example.com/1", "URL token"),
    ("Server=db;User Id=sa;Password=", "hunter2", ";Encrypt=yes", "name password"),
    ("Server=db;Pwd=", "x", ";", "name pwd"),
    ("host=db user=bob password=", "hunter2", " dbname=app", "name password"),
    (
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=",
        made(86) + "==",
        ";EndpointSuffix=x",
        "name account_key",
    ),
    ("Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=", made(43) + "=", "", "name access_key"),
    ("https://a.blob.example.com/c?sv=2022&sig=", made(40) + "%3D", "&se=1", "signature"),
    ("GET /login?user=bob&token=", "abcdef123", "&x=1", "name token"),
    ("user=bob,password=", "hunter2", ",host=x", "name password"),
    ("curl --password=", "hunter2", " https://x", "name password"),
    ("Authorization: Bearer ", "abcdef", "\r\nHost: x", "name authorization"),
    ("authorization: Basic ", base64.b64encode(b"bob:hunter2").decode(), "", "Authorization header"),
    ("Proxy-Authorization: Digest ", 'username="bob", response="0123"', "\nHost: x", "name authorization"),
    ("sent Bearer ", made(30), " to x", "Authorization header"),
    ("Cookie: ", "sid=abc; theme=dark", "\nAccept: x", "name cookie"),
    ("curl -H 'X-Api-Key: ", "abc123def", "' https://x", "name api_key"),
    ("[('host', 'x'), ('authorization', '", "Basic x", "')]", "name authorization"),
    ("[(b'host', b'x'), (b'cookie', b'", "a=b", "')]", "name cookie"),
    ("User(name='bob', password='", "hunter2", "', age=3)", "name password"),
    ("{'api_key': '", "hunter2", "'}", "name api_key"),
    ('{"user": "bob", "clientSecret": "', 'hun\\"ter2', '", "a": 1}', "name secret"),
    ('"{\\"password\\": \\"', "hunter2", '\\", \\"a\\": 1}"', "name password"),
    ("os.environ['DB_PASSWORD'] = '", "hunter2", "'", "name password"),
    ('SECRET_KEY: str = "', "not so long", '"', "name secret_key"),
    ("https://hooks.slack.com/services/", "T00000000/B00000000/" + made(24), "", "webhook"),
    ("https://discord.com/api/webhooks/", "123456789012345678/" + made(68), " failed", "webhook"),
]

ORDINARY = [
    'Traceback (most recent call last):\n  File "/srv/app/auth.py", line 3, in login\n    check(password=password)\nNo',
    "ValueError: the password is wrong, ['Authorization', 'Accept', 'Cookie', 'Host']\n",
    json.dumps(
        {"id": 7, "name": "Bob", "token_type": "Bearer", "expires_in": 3600, "next_token": "MjAyNA", "key": "a"}
    ),
    '<form><input type="password" name="pw" autocomplete="current-password"><a href="/reset-password?x=1">?</a>',
    str(uuid.UUID(int=2**127 - 1)),
    "9fceb02d0ae598e95dc970b74767f19372d61af8",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "data:image/png;base64," + base64.b64encode(random.Random(1).randbytes(3000)).decode(),
    "/usr/lib/python3.12/site-packages/some_package_with_a_long_name/authentication/token_cache.py",
    "Your password must have at least 8 characters; tokens expire. Basic authentication is required. Bearer of news.",
    "tokens = tokenizer.encode(text, max_tokens=4096, skip_special_tokens=True)",
    "def login(user: str, password: str, token: str | None = None) -> Cookie: ...",
    "    connection = connect(user, password=get_password(), token=self.token, auth=None)\n",
    "if token == 'else' or secret is None: key = sorted(names, key=len)",
    "parser.add_argument('--password', '-p', help='the password')",
    "http://localhost:8080/a/path@version?x=1 https://user@example.com/ ssh://git@github.com:22/x",
    'f"postgres://{user}:{password}@{host}/{name}"',
    "postgres://user:****@host/db password=*** password=<hidden> token=${TOKEN} secret=None",
    "-----BEGIN CERTIFICATE-----\n" + made(64) + "\n-----END CERTIFICATE-----",
    "-----BEGIN PUBLIC KEY-----\n" + made(64) + "\n-----END PUBLIC KEY-----",
    "a file that begins with -----BEGIN PRIVATE KEY----- is expected",
    "sk-fading-circle-animation-with-a-long-name task-force ghp_ AKIA eyJ xoxb- glpat- npm_modules hf_transfer",
    "2024-01-01T00:00:00.000000+00:00 INFO [app.auth] user=bob status=200 duration=0.123",
    "pk_" + "live_" + made(24),
    "author: secretary; keyboard: monkey; cookie_policy: strict; Cookie: yes",
    "{'primary_key': 'id', 'sort_key': 'name', 'cache_key': 'users:7', 'token_count': 'many'}",
]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is secret on the machine that runs the tests out of them."""
    for name in os.environ:
        if Redactor().rule_for_name(name) is not None:
            monkeypatch.delenv(name)


@pytest.fixture
def secrets() -> Redaction:
    return redaction.of(Redactor())


def named(secrets: Redaction, name: str, value: Any) -> Any:
    """Return a value as it is shown under a name."""
    return secrets.named_values([name], [value])[0]


def marker(rule: str, length: int, unit: str = "characters") -> str:
    return f"<redacted: {rule}, {length:,} {unit if length > 1 else unit[:-1]}>"


# ---------------------------------------------------------------------------------------------------------------------
# Names
# ---------------------------------------------------------------------------------------------------------------------

SECRET_NAMES = [
    "password",
    "passwd",
    "PASSWORD",
    "dbPassword",
    "db_password2",
    "user-password",
    "password_hash",
    "password1",
    "new_password",
    "PGPASSWORD",
    "MYSQL_PWD",
    "passphrase",
    "smtp_pass",
    "secret",
    "SECRET_KEY",
    "client_secret",
    "clientSecret",
    "secrets",
    "token",
    "token_value",
    "csrf_token",
    "csrfmiddlewaretoken",
    "accessToken",
    "refresh_tokens",
    "HTTP_X_AUTH_TOKEN",
    "self.token",
    "api_key",
    "apikey",
    "apiKey",
    "APIKey",
    "X-Api-Key",
    "authorization",
    "Authorization",
    "HTTP_AUTHORIZATION",
    "Proxy-Authorization",
    "auth",
    "auth_header",
    "cookie",
    "Set-Cookie",
    "cookies",
    "HTTP_COOKIE",
    "session_id",
    "PHPSESSID",
    "connect.sid",
    "private_key",
    "privateKey",
    "private_key_pem",
    "dsn",
    "SENTRY_DSN",
    "aws_secret_access_key",
    "AWS_SESSION_TOKEN",
    "credentials",
    "AccountKey",
    "_password",
    "__token",
    "jwt",
    "bearer",
    "encryption_key",
]
ORDINARY_NAMES = [
    "token_count",
    "tokens",
    "num_tokens",
    "max_tokens",
    "tokenizer",
    "next_token",
    "nextToken",
    "page_token",
    "pad_token",
    "eos_token",
    "token_type",
    "cookie_policy",
    "cookie_jar",
    "secretary",
    "author",
    "authority",
    "authenticated",
    "passwords_checked",
    "password_file",
    "password_field",
    "secret_name",
    "passenger",
    "bypass",
    "pass_through",
    "compass",
    "key",
    "keys",
    "primary_key",
    "sort_key",
    "cache_key",
    "public_key",
    "keyboard",
    "monkey",
    "hotkey",
    "AWS_ACCESS_KEY_ID",
    "DATABASE_URL",
    "PWD",
    "OLDPWD",
    "SSH_AUTH_SOCK",
    "GPG_KEY",
    "passport",
    "x",
    "name",
    "self",
    "_",
    "1",
    "été",
]


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_a_name_says_secret_in_every_usual_spelling(name: str) -> None:
    assert Redactor().rule_for_name(name)


@pytest.mark.parametrize("name", [*ORDINARY_NAMES, ""])
def test_a_name_says_nothing_if_the_word_is_not_its_last(name: str) -> None:
    assert Redactor().rule_for_name(name) is None


def test_the_rule_of_a_name_is_the_word_that_says_secret() -> None:
    assert Redactor().rule_for_name("X-Api-Key") == "name api_key"


def test_many_names_are_checked_like_each() -> None:
    secrets = redaction.of(Redactor())
    some: list[Any] = [*SECRET_NAMES, *ORDINARY_NAMES, 5, None, b"cookie"]
    names: list[Any] = [f"{name}{number}" for number in range(3) for name in some]
    names = [name if number % 9 else b"x-token" for number, name in enumerate(names)]
    assert len(names) > redactor.FEW
    assert secrets.secret_names(names) == {
        index: rule for index, name in enumerate(names) if (rule := secrets.redactor.rule_for_item(name)) is not None
    }


def may_be_secret(names: list[Any]) -> bool:
    return redactor.may_be_secret(names, set(map(type, names)), shapes.ASSIGNED_NAMES)


def test_each_name_that_says_secret_passes_the_quick_check() -> None:
    names = [*SECRET_NAMES, *("_".join(words) for words in redactor.PHRASES), *redactor.GROWN_TOGETHER]
    assert [name for name in names if not may_be_secret([name])] == []
    assert not may_be_secret(["name", "item_1", "x", 5, b"y", "cache_key"])


def test_remembered_names_are_bounded() -> None:
    asked = Redactor()
    for number in range(redactor.NAMES_KEPT + 10):
        asked.rule_for_name(f"name{number}x")
    assert len(asked._rules) <= redactor.NAMES_KEPT


def test_long_names_are_not_remembered() -> None:
    """They are an application's data, and would stay in memory."""
    asked, names = Redactor(), ("name", "x" * 4000)
    assert (asked.secret_names(names), redaction.of(asked).are_clean(names)) == ({}, True)
    assert (len(asked._rules_of), len(asked.clean_names(asked.literals()))) == (0, 0)
    assert (asked.secret_names(names[:1]), redaction.of(asked).are_clean(names[:1])) == ({}, True)
    assert (len(asked._rules_of), len(asked.clean_names(asked.literals()))) == (1, 1)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("hunter2", "<redacted: name password, 7 characters>"),
        ("x", "<redacted: name password, 1 character>"),
        ("", ""),
        (b"hunter2", b"<redacted: name password, 7 bytes>"),
        (bytearray(b"hunter2"), bytearray(b"<redacted: name password, 7 bytes>")),
        (("bob", "hunter22"), ("<redacted: name password, 3 characters>", "<redacted: name password, 8 characters>")),
        (["hunter2", 5], ["<redacted: name password, 7 characters>", 5]),
        ({"a", "b"}, {"<redacted: name password, 1 character>", "<redacted: name password, 1 character> #2"}),
        ({"db": "hunter2", "n": 1}, {"db": "<redacted: name password, 7 characters>", "n": 1}),
        (None, None),
        (12345678, 12345678),
    ],
)
def test_text_under_a_secret_name_is_hidden(value: Any, shown: Any, secrets: Redaction) -> None:
    hidden = named(secrets, "db_password", value)
    assert (type(hidden), hidden) == (type(shown), shown)


def test_objects_under_a_secret_name_stay(secrets: Redaction) -> None:
    class Token:
        pass

    token, words, record = Token(), ["the", "quick", "fox"], {"type": "NAME", "string": "x"}
    assert named(secrets, "token", token) is token
    assert named(secrets, "token", words) is words
    assert named(secrets, "token", record) is record


def test_named_values_are_the_values_themselves_if_no_name_says_secret(secrets: Redaction) -> None:
    values = ["bob", 7]
    assert secrets.named_values(["name", "age"], values) is values
    assert secrets.named_values(["name", "token"], ["bob", "abc"]) == ["bob", marker("name token", 3)]


def test_what_was_hidden_is_not_hidden_again(secrets: Redaction) -> None:
    once = named(secrets, "password", "hunter2")
    assert named(secrets, "password", once) == once


# ---------------------------------------------------------------------------------------------------------------------
# Shapes
# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rule", "key"), KEYS)
@pytest.mark.parametrize(
    "around", ["{}", "x {} y", "'{}'", "Error({})", "a={},", "\n{}\n", "café {}", "https://x/?k={}&y"]
)
def test_a_key_is_hidden_wherever_it_stands(rule: str, key: str, around: str, secrets: Redaction) -> None:
    text = around.replace("{}", key)
    if key.startswith("1/"):
        key = key[3:]
    expected = text.replace(key, marker(rule, len(key)))
    assert secrets.text(text) == expected
    assert secrets.hides(text)
    assert secrets.text(text.encode("latin-1")) == text.replace(key, marker(rule, len(key), "bytes")).encode("latin-1")


@pytest.mark.parametrize(("before", "secret", "after", "rule"), IN_TEXT)
def test_a_secret_inside_a_text_is_hidden_and_the_rest_stays(
    before: str, secret: str, after: str, rule: str, secrets: Redaction
) -> None:
    text = before + secret + after
    assert secrets.text(text) == before + marker(rule, len(secret)) + after
    assert secrets.text(text.encode()).startswith(before.encode() + b"<redacted: ")
    assert secrets.text(secrets.text(text)) == secrets.text(text)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays(text: str, secrets: Redaction) -> None:
    assert secrets.text(text) is text
    assert secrets.source(text) is text
    assert not secrets.hides(text)
    assert secrets.items([text, text]) == [text, text]


def test_nothing_in_the_standard_library_looks_like_a_key(secrets: Redaction) -> None:
    folder = os.path.dirname(os.__file__)
    found = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".py"):
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                text = file.read()
            found += [(name, text[secret.start : secret.end]) for secret in secrets.find(text, is_source=True)]
    assert len(found) < 10, found


def test_a_private_key_that_was_cut_is_hidden_to_its_end(secrets: Redaction) -> None:
    text = "key: " + pem("PRIVATE " + "KEY")[:120]
    assert secrets.text(text) == "key: " + marker("private key", len(text) - 5)


def test_several_secrets_of_a_text_are_hidden_each(secrets: Redaction) -> None:
    keys = ["gh" + "p_" + made(36), "AI" + "za" + made(35)]
    expected = f"{marker('GitHub token', 40)}, {marker('Google key', 39)}; u://a:{marker('URL password', 3)}@b"
    assert secrets.text(", ".join(keys) + "; u://a:xyz@b") == expected


def test_bytes_stay_bytes_whatever_they_hold(secrets: Redaction) -> None:
    raw = bytes(range(256))
    assert secrets.text(raw) is raw
    key = ("gh" + "p_" + made(36)).encode()
    assert secrets.text(raw + b" " + key + raw) == raw + b" " + marker("GitHub token", 40, "bytes").encode() + raw


# ---------------------------------------------------------------------------------------------------------------------
# The environment
# ---------------------------------------------------------------------------------------------------------------------

VALUE = 'S3cr\\et/"v4lue" & möre+='


@pytest.mark.parametrize(
    "form",
    [
        str,
        repr,
        json.dumps,
        lambda value: repr(repr(value)),
        lambda value: json.dumps(value, ensure_ascii=False),
        lambda value: urllib.parse.quote(value, safe=""),
        urllib.parse.quote_plus,
        lambda value: repr(value.encode()),
        lambda value: value.encode().decode("latin-1"),
        lambda value: base64.b64encode(value.encode()).decode(),
    ],
)
def test_the_value_of_a_variable_is_hidden_in_every_form(
    form: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_TOKEN", VALUE)
    secrets = redaction.of(Redactor())
    for around in ("{}", "x={} y", "cannot use {}!"):
        shown = secrets.text(around.replace("{}", form(VALUE)))
        assert "environment variable APP_TOKEN" in shown
        assert "v4lue" not in shown
    if form(VALUE).isascii():
        assert b"APP_TOKEN" in secrets.text(f"x {form(VALUE)} y".encode())


def test_the_value_of_a_variable_is_hidden_in_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_TOKEN", VALUE)
    shown = marker("environment variable APP_TOKEN", len(VALUE.encode()), "bytes").encode()
    assert redaction.of(Redactor()).text(f"x {VALUE} y".encode()) == b"x " + shown + b" y"


def test_the_password_in_a_variable_s_url_is_hidden_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://bob:hunter22x@db/app")
    assert redaction.of(Redactor()).text("no hunter22x!") == f"no {marker('environment variable DATABASE_URL', 9)}!"


@pytest.mark.parametrize(
    "value", ["true", "1", "", "12345678", "/usr/bin/x", "postgres", "Production", "C:\\x\\y", "a b"]
)
def test_ordinary_values_of_variables_are_no_secrets(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_TOKEN", value)
    assert redaction.of(Redactor()).literals == ()


def test_a_short_value_is_hidden_as_a_whole_word_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", "abc123")
    assert (
        redaction.of(Redactor()).text("xabc1234 abc123.")
        == f"xabc1234 {marker('environment variable DB_PASSWORD', 6)}."
    )


def test_changes_of_the_environment_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Redactor()
    assert not redaction.of(asked).hides("a Valu3-of-it z")
    monkeypatch.setenv("APP_SECRET", "Valu3-of-it")
    assert redaction.of(asked).hides("a Valu3-of-it z")
    assert redaction.of(asked).literals is redaction.of(asked).literals
    monkeypatch.delenv("APP_SECRET")
    assert not redaction.of(asked).hides("a Valu3-of-it z")


def test_names_are_looked_at_again_when_the_environment_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    redactor, names = Redactor(), ("count", "correct-horse")
    assert redaction.of(redactor).are_clean(names)
    monkeypatch.setenv("DB_PASSWORD", "correct-horse")
    assert not redaction.of(redactor).are_clean(names)
    monkeypatch.delenv("DB_PASSWORD")
    assert redaction.of(redactor).are_clean(names)
    assert redaction.of(redactor).are_clean(("password", "a name is no secret, and what looks like a pair is none"))


def test_the_environment_can_be_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_SECRET", "Valu3-of-it")
    assert not redaction.of(Redactor(environment=False)).hides("a Valu3-of-it z")


# ---------------------------------------------------------------------------------------------------------------------
# Source and blobs
# ---------------------------------------------------------------------------------------------------------------------


def test_source_keeps_its_lines_and_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_SECRET", "Valu3-of-it")
    secrets = redaction.of(Redactor())
    key = "gh" + "p_" + made(36)
    block = pem("PRIVATE " + "KEY")
    text = f'a = 1\npassword = "hunter2"; b = 2\r\nuse("{key}", "Valu3-of-it")\nk = """{block}"""\nc = 3\n'
    shown = secrets.source(text)
    assert [len(line) for line in shown.splitlines()] == [len(line) for line in text.splitlines()]
    assert shown.splitlines()[:3] == [
        "a = 1",
        'password = "*******"; b = 2',
        f'use("{marker("GitHub token", 40)}*", "{"*" * 11}")',
    ]
    assert shown.endswith('"""\nc = 3\n')


def test_source_shows_the_rule_where_there_is_room() -> None:
    text = 'api_key = "' + "y" * 59 + '7"\n'
    assert redaction.of(Redactor()).source(text) == f'api_key = "{marker("name api_key", 60)}{"*" * 21}"\n'


@pytest.mark.parametrize(
    "text",
    [
        "ask('Password: ')",
        'ask("the token: " + name)',
        "PASSWORD = 'password_field'",
        'auth = f"{user}:{password}"',
        "token = ':'",
        'auth = "Basic " + x',
        'if token == "abc123def":',
        'PAGES = {"input_token": "next_token"}',
        "SERVER_AUTH = '1.3.6.1.5.5.7.3.1'",
    ],
)
def test_texts_of_code_about_secrets_stay(text: str, secrets: Redaction) -> None:
    assert secrets.source(text) is text


def test_code_is_not_taken_for_an_assignment_of_text(secrets: Redaction) -> None:
    text = "password=other\ntoken=5\nx = dict(\n    password=pw\n)\n"
    assert secrets.source(text) is text


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("optimize", [False, True])
def test_a_blob_with_a_secret_is_found(protocol: int, optimize: bool, secrets: Redaction) -> None:
    class_like = [{"user": "bob", "db_password": "hunter2", "age": 5}]
    without = [{"user": "bob", "token_count": "many", "token": 5, "tokens": ["a"]}]
    blobs = [pickle.dumps(value, protocol) for value in (class_like, without, ["gh" + "p_" + made(36)])]
    blobs = [pickletools.optimize(blob) if optimize else blob for blob in blobs]
    assert [secrets.hides_blob(blob) for blob in blobs] == [True, False, True]


def test_a_large_blob_is_searched_to_its_end(secrets: Redaction) -> None:
    key = ("gh" + "p_" + made(36)).encode()
    for position in (0, redaction.WINDOW - 20, redaction.WINDOW - redaction.OVERLAP - 5, 3 * MB - 40):
        blob = bytearray(3 * MB)
        blob[position : position + len(key)] = key
        assert secrets.hides_blob(bytes(blob))
    assert not secrets.hides_blob(bytes(3 * MB))


# ---------------------------------------------------------------------------------------------------------------------
# Containers
# ---------------------------------------------------------------------------------------------------------------------


def test_a_container_without_secrets_is_returned_itself(secrets: Redaction) -> None:
    for items in ([], [1, 2.5, None], ["a", b"b", 3], ("x",) * 5000, list(range(10_000))):
        assert secrets.items(items) is items


def test_secrets_of_a_large_container_are_hidden_at_their_places(secrets: Redaction) -> None:
    key = "gh" + "p_" + made(36)
    items: list[Any] = [f"item-{number}" for number in range(10_000)]
    items[::7] = range(len(items[::7]))
    items[3333], items[9999], items[5000] = key, key.encode(), None
    shown = secrets.items(items)
    assert shown[3333] == marker("GitHub token", 40)
    assert shown[9999] == marker("GitHub token", 40, "bytes").encode()
    assert [a for a, b in zip(items, shown, strict=True) if a is not b] == [key, key.encode()]


def test_keys_that_would_become_equal_are_numbered(secrets: Redaction) -> None:
    keys = ["gh" + "p_" + made(36, seed=number) for number in range(3)]
    shown = marker("GitHub token", 40)
    assert secrets.items([*keys, "x"], distinct=True) == [shown, f"{shown} #2", f"{shown} #3", "x"]


def test_the_value_of_a_pair_is_hidden_by_its_name(secrets: Redaction) -> None:
    assert secrets.items(("Cookie", "a=b")) == ["Cookie", marker("name cookie", 3)]
    assert secrets.items((b"authorization", b"x"))[1] == b"<redacted: name authorization, 1 byte>"
    assert secrets.items(("password", "token")) == ("password", "token")


def test_a_large_container_is_not_copied_whole(secrets: Redaction) -> None:
    assert secrets.items(["x" * MB] * 4) == ["x" * MB] * 4


def test_nothing_is_hidden_where_nothing_is_to_be() -> None:
    nothing = Unredacted()
    key = "gh" + "p_" + made(36)
    assert nothing.text(key) is key
    assert nothing.source(key) is key
    assert nothing.items([key]) == [key]
    assert nothing.named_values(["password"], ["x"]) == ["x"]
    assert named(nothing, "password", "x") == "x"
    assert not nothing.any_hidden([key])
    assert not nothing.hides_blob(key.encode())


# ---------------------------------------------------------------------------------------------------------------------
# Redactors
# ---------------------------------------------------------------------------------------------------------------------


def test_own_names_are_matched_as_whole_words() -> None:
    asked = Redactor(names=["pin code", "Matrikel", "größe"])
    assert asked.rule_for_name("card_pinCode2") == "name pin_code"
    assert asked.rule_for_name("MATRIKEL") == "name matrikel"
    assert asked.rule_for_name("meine_größe") == "name größe"
    assert asked.rule_for_name("pin_code_count") is None
    assert redaction.of(asked).text("Card(pin_code='1234')") == f"Card(pin_code='{marker('name pin_code', 4)}')"
    assert redaction.of(asked).secret_names(["x"] * 50 + ["matrikel"]) == {50: "name matrikel"}


def test_own_patterns_hide_their_match_or_their_group() -> None:
    account = re.compile(r"acc:(?P<secret>\w+);", re.IGNORECASE)
    patterns: dict[str, str | re.Pattern[str]] = {"ticket": r"T-\d{4}", "account": account, "start": "^zz.*"}
    secrets = redaction.of(Redactor(patterns=patterns))
    assert secrets.text("T-1234 ACC:x1; y") == f"{marker('ticket', 6)} ACC:{marker('account', 2)}; y"
    assert secrets.items(["a", "zzz"]) == ["a", marker("start", 3)]


def test_allowed_names_and_texts_are_never_hidden() -> None:
    key = "gh" + "p_" + made(36)
    asked = Redactor(allow=["csrf_token", "hunter2", key])
    secrets = redaction.of(asked)
    assert asked.rule_for_name("csrfToken") is None
    assert asked.rule_for_name("token") is not None
    assert named(secrets, "password", "hunter2") == "hunter2"
    assert secrets.text(f"password='hunter2' {key}") == f"password='hunter2' {key}"


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"names": "pin"}, TypeError, "Redactor(names=...) must be several texts, not one: 'pin'; write ['pin']"),
        ({"names": 5}, TypeError, "Redactor(names=...) must be several texts, not 5"),
        ({"names": [5]}, TypeError, "Redactor(names=...) must hold texts only, not 5"),
        ({"names": ["12"]}, ValueError, "Redactor(names=...) holds '12', in which there is no word"),
        ({"allow": [""]}, ValueError, "Redactor(allow=...) holds '', in which there is no word"),
        ({"allow": [b"x"]}, TypeError, "Redactor(allow=...) must hold texts only, not b'x'"),
        ({"patterns": 5}, TypeError, "Redactor(patterns=...) must map names to regular expressions, not 5"),
        ({"patterns": {5: "x"}}, TypeError, "Redactor(patterns=...) must have texts as names, not 5"),
        ({"patterns": {"a\n": "x"}}, ValueError, "Redactor(patterns=...) has the name 'a\\n', which cannot be shown"),
        ({"patterns": {"a": 5}}, TypeError, "Redactor(patterns=...) must map 'a' to a str or pattern, not 5"),
        ({"patterns": {"a": b"x"}}, TypeError, "Redactor(patterns=...) must map 'a' to a pattern of str, not b'x'"),
        ({"patterns": {"a": "("}}, ValueError, "Redactor(patterns=...) has no regular expression under 'a': missing )"),
        ({"patterns": {"a": "x*"}}, ValueError, "Redactor(patterns=...) has under 'a' a pattern that matches no text"),
        ({"environment": 1}, TypeError, "Redactor(environment=...) must be True or False, not 1"),
    ],
)
def test_wrong_arguments_are_refused(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=re.escape(message)):
        Redactor(**arguments)


def test_a_redactor_does_not_change() -> None:
    asked = Redactor(names=["pin"])
    with pytest.raises(AttributeError, match="cannot set 'names': a Redactor does not change; make another"):
        asked.names = ()
    with pytest.raises(AttributeError, match="cannot delete 'names'"):
        del asked.names
    with pytest.raises(TypeError):
        asked.patterns["x"] = re.compile("x")  # type: ignore[index]
    assert repr(asked) == "Redactor(names=('pin',), patterns={}, allow=[])"


def test_a_redactor_pickles_and_copies() -> None:
    """A pool of new processes is given one: ProcessPoolExecutor(initializer=partial(keeptrace.init, redact=...))."""
    asked = Redactor(names=["pin"], patterns={"order": r"ORD-\d+"}, allow=["page_password"], environment=False)
    for again in (pickle.loads(pickle.dumps(asked)), copy.copy(asked), copy.deepcopy(asked)):
        assert (repr(again), again.environment) == (repr(asked), False)
        assert [again.rule_for_name(name) for name in ("pin", "page_password", "password", "pen")] == [
            asked.rule_for_name(name) for name in ("pin", "page_password", "password", "pen")
        ]


# ---------------------------------------------------------------------------------------------------------------------
# Time
# ---------------------------------------------------------------------------------------------------------------------

PIECES = [
    "a",
    "_",
    "-",
    "\\",
    "'",
    '"',
    "ghp_",
    "eyJ",
    "eyJ-",
    "eyJa.",
    "AKIA",
    "sk-ant-",
    "ya29.",
    "xoxb-1",
    "SKa",
    "hf_a",
    "npm_",
    "1//0",
    "password=",
    "password='",
    'password="',
    'password=\\"',
    "password='\"",
    'password="\\',
    "token=",
    "token:",
    "token:a",
    "cookie:a",
    "cookie:a=b",
    "x-api-key:1",
    "authorization:Basic",
    "://",
    "://a",
    "://a:",
    "://a:b",
    "http://a:b@",
    "-----BEGIN",
    "-a",
    "bearer",
    "Basic=",
    "key_",
    "key=",
    "é",
    "password=é",
    "&sig=",
    "[('token',",
    "{{",
    "<<",
    "$(",
]
HOSTILE = [
    *PIECES,
    "token:a ",
    "cookie:a=b ",
    "secret : str = ",
    "Bearer ",
    "Basic aaaaaaaa ",
    "-----BEGIN PRIVATE " + "KEY-----",
    "-----BEGIN PRIVATE " + "KEY-----" + "A" * 20,
    "-----BEGIN PRIVATE " + "KEY-----" + "A" * 20 + "-",
    "Private-Lines: 1 " + "A" * 40 + "\n",
]


def seconds(function: Callable[[], object], times: int = 3) -> float:
    """Return the processor's time that a call takes: what else the machine does does not count."""

    def once() -> float:
        start = time.process_time()
        function()
        return time.process_time() - start

    return min(once() for _ in range(times))


def is_in_proportion(function: Callable[[str], object], small: str, large: str) -> bool:
    """Tell whether a text eight times as long takes far less than 64 times as long."""
    taken = seconds(lambda: function(large), 1)
    return taken < 0.05 or taken < 32 * seconds(lambda: function(small))


@pytest.mark.parametrize("piece", HOSTILE)
def test_hostile_text_takes_time_in_proportion_to_its_length(piece: str, secrets: Redaction) -> None:
    """What is quadratic is so each time; what a busy machine makes slow is not."""
    small, large = ((piece * (size // len(piece) + 1))[:size] for size in (MB // 16, MB // 2))
    for function in (secrets.text, secrets.source):
        assert any(is_in_proportion(function, small, large) for _ in range(5))


def test_random_text_never_fails_and_is_hidden_once(secrets: Redaction) -> None:
    chosen = random.Random(5)
    pieces = [
        *HOSTILE,
        *(key for keys in SHAPES.values() for key in keys),
        "=",
        ": ",
        "'",
        '"',
        "@",
        "/",
        "\n",
        "pass",
        "x",
    ]
    for _, length in itertools.product(range(60), (3, 30)):
        text = "".join(chosen.choices(pieces, k=length))
        for function in (secrets.text, secrets.source):
            shown = function(text)
            assert not any(key in shown for key in SHAPES["AWS access key"] if f" {key} " in text)
        assert len(secrets.source(text)) == len(text)
        assert secrets.text(text.encode()) is not None
