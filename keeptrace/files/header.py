"""The header of a dump file: what can be known of it without unpickling anything.

It is JSON in the extra field of the gzip header (RFC 1952, FEXTRA; subfield `KT`), which every gzip reader skips.
"""

from __future__ import annotations

import json
import struct
import sys
from json import dumps as json_dumps  # bound here: tests replace it

from keeptrace.files.errors import DumpError
from keeptrace.light import Frozen
from keeptrace.system import os

TYPE_CHECKING = False  # see reducers.py
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import IO, Any

FORMAT = 1
MAGIC = b"\x1f\x8b\x08"
HAS_EXTRA = 4
SUBFIELD = b"KT"
LONGEST = 0xFFFF - 4  # bytes of JSON
FIXED = struct.Struct("<3sBIBB")  # magic and method, flags, time, compression, system
NAME, TEXT, ARGUMENTS = 300, 4_000, 100  # characters, characters, arguments: that a header keeps
CONTEXT = 8_192  # bytes of JSON: of the context
PLAIN = (str, bool, int, float, type(None))
LEFT_OUT = "<left out: the context is too large>"


class Header(Frozen):
    """The facts about a dump that can be read without unpickling it; secrets in them are hidden as in the dump.

    format: int, of the file: 1.
    keeptrace: str, the version that wrote it.
    exception, message: str, as the last line of the printed traceback has them; empty for a live stack.
    fingerprint: str, the same for crashes of one bug; see fingerprint() in keeptrace.files.fingerprint.
    note: str, the text that was given.
    context: dict[str, Any], plain facts by their names of what the program was about: a test, a request, a job.
    time: str, when it was dumped, UTC, as in "2026-03-01T12:00:00.123456Z".
    program: str, the path of what ran; argv: tuple[str, ...], its arguments.
    host: str; pid: int, of the process; thread: str, the name of the one that crashed.
    python, platform: str, as in "3.13.0" and "Linux 6.1.0 x86_64".
    threads: int, whose stacks are there, the crashed one's too.
    frames: int, of the traceback; objects: int, records in all tables.
    pickle_bytes: int, of the pickle; file_bytes: int, of the file, 0 where it was not read from one.
    """

    format: int = FORMAT
    keeptrace: str = ""
    exception: str = ""
    message: str = ""
    fingerprint: str = ""
    note: str = ""
    context: dict[str, Any] = {}  # noqa: RUF012 (nobody changes it)
    time: str = ""
    program: str = ""
    argv: tuple[str, ...] = ()
    host: str = ""
    pid: int = 0
    thread: str = ""
    python: str = ""
    platform: str = ""
    threads: int = 1
    frames: int = 0
    objects: int = 0
    pickle_bytes: int = 0
    file_bytes: int = 0

    def __init__(self, **facts: Any) -> None:
        """Take what is known; the rest is as above.

        Raises TypeError for what is none of these facts.
        """
        for name in facts:
            if name not in DEFAULTS:
                raise TypeError(f"Header({name}=...): there is no such fact; there are {', '.join(DEFAULTS)}")
        self.__dict__.update({**DEFAULTS, **facts})

    def __hash__(self) -> int:
        return hash((self.fingerprint, self.time, self.pid))


DEFAULTS = {name: vars(Header)[name] for name in Header.__annotations__}


def peek(path: str | os.PathLike[str]) -> Header:
    """Return the header of a dump file; the rest of it is not read. Control characters in it come escaped.

    Raises OSError where the file cannot be read, DumpError where it has no header: it is no dump, cut short, or of
    a newer keeptrace. A pickle written by stock pickle has none: keeptrace.load() opens it.
    """
    with open(path, "rb") as file:
        found = read_header(file, os.fspath(path))
        return found.__replace__(file_bytes=os.fstat(file.fileno()).st_size)


def read_header(file: IO[bytes], name: str) -> Header:
    """Return the header at the beginning of a file; the name is for the messages."""
    start = file.read(FIXED.size)
    if start[:3] != MAGIC[: len(start)] or not start:
        raise DumpError(f"cannot read the header of {name!r}: {'it is empty' if not start else 'this is no dump file'}")
    if len(start) == FIXED.size and not start[3] & HAS_EXTRA:
        raise DumpError(f"cannot read the header of {name!r}: it is gzip without one; keeptrace.dump() writes it")
    size = file.read(2)
    extra = file.read(int.from_bytes(size, "little"))
    if len(start) < FIXED.size or len(size) < 2 or len(extra) < int.from_bytes(size, "little"):
        raise DumpError(f"cannot read the header of {name!r}: the file is cut short")
    return decoded(subfield(extra), name)


def subfield(extra: bytes) -> bytes | None:
    """Return our part of a gzip extra field."""
    at = 0
    while at + 4 <= len(extra):
        size = int.from_bytes(extra[at + 2 : at + 4], "little")
        if extra[at : at + 2] == SUBFIELD:
            return extra[at + 4 : at + 4 + size]
        at += 4 + size
    return None


def decoded(data: bytes | None, name: str) -> Header:
    """Return a header from its JSON: fields of the wrong type, or unknown ones, are left out."""
    if data is None:
        raise DumpError(f"cannot read the header of {name!r}: it is gzip without one; keeptrace.dump() writes it")
    try:
        given = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DumpError(f"cannot read the header of {name!r}: it is corrupt ({type(error).__name__})") from error
    number = given.get("format") if type(given) is dict else None
    if type(number) is not int or number < 1:
        raise DumpError(f"cannot read the header of {name!r}: it is corrupt (format {number!r:.50})")
    if number > FORMAT:
        raise DumpError(
            f"cannot read the header of {name!r}: format {number} is newer than {FORMAT}; "
            "read it with a newer keeptrace"
        )
    return Header(**{key: cleaned(value) for key, value in given.items() if fits(value, DEFAULTS.get(key))})


def fits(value: Any, default: Any) -> bool:
    """Tell whether a fact is of the type that it is by default; no fact is None."""
    if type(default) is tuple:
        return type(value) is list and all(type(item) is str for item in value)
    if type(default) is dict:
        return type(value) is dict and all(type(item) in PLAIN for item in value.values())
    return type(value) is type(default) and (type(value) is str or (type(value) is int and 0 <= value < 2**63))


def cleaned(value: Any) -> Any:
    from keeptrace.vetting.text import clean_name, clean_text  # heavy: who writes a dump does without

    if type(value) is list:
        return tuple(map(clean_name, value))
    if type(value) is dict:
        return {clean_name(name): cleaned(item) for name, item in value.items()}
    return clean_text(value) if type(value) is str else value


def encoded(header: Header) -> bytes:
    """Return the beginning of a gzip file, with the header in it."""
    fields = {key: value for key, value in vars(header).items() if key != "file_bytes"}
    data = json_dumps(fields).encode()
    if len(data) > LONGEST:  # what was cut in characters may still be long, each as \uXXXX
        kept = {**fields, "argv": fields["argv"][:5], "message": "", "note": fields["note"][:NAME]}
        data = json_dumps(kept).encode()
    extra = SUBFIELD + struct.pack("<H", len(data)) + data
    return FIXED.pack(MAGIC, HAS_EXTRA, 0, 0, 255) + struct.pack("<H", len(extra)) + extra


def shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


# ---------------------------------------------------------------------------------------------------------------------
# The process's own facts
# ---------------------------------------------------------------------------------------------------------------------


def context_facts(given: Mapping[str, Any], redaction: Any) -> dict[str, Any]:
    """Return a context as a header keeps it: plain, without secrets, long texts cut; what does not fit says so."""
    names = [shortened(str.__str__(name), NAME) for name in given]
    values = redaction.named_values(names, [redaction.value(plain(value)) for value in given.values()])
    found: dict[str, Any] = {}
    for name, value in zip(map(redaction.text, names), values, strict=True):
        short = shortened(value, TEXT) if type(value) is str else value
        for fact in (short, LEFT_OUT):
            if len(json_dumps({**found, name: fact})) <= CONTEXT:
                found[name] = fact
                break
    return found


def plain(value: Any) -> Any:
    """Return a fact that JSON knows, else the name of its type: no code of its own runs."""
    if type(value) in PLAIN:
        return value
    return str.__str__(value) if issubclass(type(value), str) else f"<{type(value).__name__}>"


PYTHON = ".".join(map(str, sys.version_info[:3]))


def process_facts(redaction: Any) -> dict[str, Any]:
    """Return what is known of this process: program, arguments, host, pid, Python, platform.

    redaction: what hides secrets in the arguments.
    """
    argv = [str.__str__(argument) for argument in getattr(sys, "argv", []) if issubclass(type(argument), str)]
    host, platform = machine()
    return {
        **command(program(argv), argv[:ARGUMENTS], redaction),
        "host": shortened(host, NAME),
        "pid": os.getpid(),
        "python": PYTHON,
        "platform": platform,
    }


_command: list[tuple[Any, dict[str, Any]]] = [(None, {})]
"""The program and its arguments as they were shown last, and of what that was made."""


def command(program: str, argv: list[str], redaction: Any) -> dict[str, Any]:
    """Return the program and its arguments without secrets; looked at anew where they, or the secrets, have changed."""
    made_of = program, argv, redaction.redactor, redaction.literals
    ((known, shown),) = _command
    if known != made_of:
        shown = {
            "program": shortened(redaction.text(program), NAME),
            "argv": tuple(shortened(argument, NAME) for argument in without_secrets(argv, redaction)),
        }
        _command[:] = [(made_of, shown)]
    return shown


def program(argv: list[str]) -> str:
    """Return the file that runs as __main__, a frozen program's own, else what the command line names."""
    is_frozen = getattr(sys, "frozen", False)  # where __file__ may be in a folder that is made for each run
    found = sys.executable if is_frozen else getattr(sys.modules.get("__main__"), "__file__", None)
    name = str.__str__(found) if issubclass(type(found), str) else argv[0] if argv else ""
    try:
        is_whole = os.path.isabs(name) and os.path.normpath(name) == name
        return os.path.abspath(name) if not is_whole and os.path.exists(name) else name
    except (OSError, ValueError):  # the current folder is gone; no file can be named so
        return name


def without_secrets(argv: list[str], redaction: Any) -> list[str]:
    """Return a command line without secrets: `--password` also hides the argument that follows it."""
    shown = [redaction.text(argument) for argument in argv]
    for at, name in enumerate(argv[:-1]):
        rule = redaction.rule_for_name(name.lstrip("-")) if name.startswith("-") and "=" not in name else None
        if rule is not None and not argv[at + 1].startswith("-"):
            shown[at + 1] = redaction.hidden(rule, argv[at + 1])
    return shown


def machine() -> tuple[str, str]:
    """Return the name of the host, and its system."""
    if not hasattr(os, "uname"):
        return os.environ.get("COMPUTERNAME", ""), sys.platform
    system = os.uname()
    return system.nodename, f"{system.sysname} {system.release} {system.machine}"
