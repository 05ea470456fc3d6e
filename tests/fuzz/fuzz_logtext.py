"""Fuzzes keeptrace.utils.parse_tracebacks: whatever the text, it raises nothing, and what it yields can be printed.

    python3.11 -m venv fuzzing && fuzzing/bin/pip install atheris
    mkdir corpus; PYTHONPATH=. fuzzing/bin/python tests/fuzz/fuzz_logtext.py corpus tests/samples/logs \
        -max_total_time=3600 -timeout=30 -max_len=8192

Not part of the test suite: atheris is no dependency of it, and has no wheels for some of the Pythons it runs on. Any
option of libFuzzer may be given. An input is the text of a log, or (by its last byte) a list of choices among lines
that tracebacks are made of. Findings are kept as findings.py says, and each becomes a test in tests/test_utils.py.
"""

from __future__ import annotations

import linecache
import traceback

import atheris
import findings

with atheris.instrument_imports(include=["keeptrace"]):
    from keeptrace.logtext import candidate
    from keeptrace.utils import parse_tracebacks

candidate.MOST_FRAMES = 2_000  # a line may say so many: ten times as many differ in nothing but time
PREFIXES = ["", "", "", "2024-01-02 03:04:05,678 ERROR app: ", "# ", "  | ", "\x1b[31m", "[worker-1] ", "> ", "\t"]
LINES = [
    "Traceback (most recent call last):",
    "  + Exception Group Traceback (most recent call last):",
    "  | Exception Group Traceback (most recent call last):",
    '  File "/srv/app.py", line 1, in f',
    '  File "/srv/app.py", line 7, in <module>',
    '  File "<string>", line 3, in g.<locals>.h',
    '  File "/srv/app.py", line 3',
    '  File "/srv/b.py", line 99999999, in <listcomp>',
    "    x = 1 / 0",
    "    a(b)(c)",
    "        ~~^~~",
    "    ^^^^^^^^",
    "  [Previous line repeated 996 more times]",
    "  [Previous line repeated 99999 more times]",
    "ZeroDivisionError: division by zero",
    "KeyError: 'a'",
    "app.errors.Broken: it broke",
    "SyntaxError: invalid syntax",
    "IndentationError: unexpected indent",
    "UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
    "OSError: [Errno 2] No such file or directory: 'x'",
    "ExceptionGroup: two (2 sub-exceptions)",
    "  | ExceptionGroup: two (2 sub-exceptions)",
    "BaseExceptionGroup: three (3 sub-exceptions)",
    "  +-+---------------- 1 ----------------",
    "    +---------------- 2 ----------------",
    "    +---------------- ... ----------------",
    "    +------------------------------------",
    "    | Traceback (most recent call last):",
    '    |   File "/srv/app.py", line 1, in f',
    "    | ValueError: 1",
    "    | and 3 more exceptions",
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
    "",
    '"""',
    "KeyboardInterrupt",
    "SystemExit: 1",
    "a note",
    "... (max_group_depth is 10)",
    "None",
    "__builtins__.Exception: x",
    "builtins.object: x",
]


def lines_of(data: bytes) -> list[str | bytes]:
    """Return the lines that an input stands for."""
    if not data or data[-1] % 4 == 2:  # a log ends with a newline
        return list(data.splitlines(keepends=True))
    chosen: list[str | bytes] = []
    provider = atheris.FuzzedDataProvider(data)
    prefix = provider.PickValueInList(PREFIXES)
    while provider.remaining_bytes() and len(chosen) < 500:
        choice = provider.ConsumeIntInRange(0, 255)
        line = LINES[choice % len(LINES)]
        if choice > 240:
            line = provider.ConsumeUnicode(provider.ConsumeIntInRange(0, 80))
        elif choice > 225:
            at = provider.ConsumeIntInRange(0, len(line))
            line = line[:at] + provider.ConsumeUnicode(provider.ConsumeIntInRange(0, 6)) + line[at + choice % 3 :]
        elif choice > 215:
            line = " " * provider.ConsumeIntInRange(0, 8) + line.lstrip()
        elif choice > 210:
            prefix = provider.PickValueInList(PREFIXES)
        chosen.append(prefix + line)
    return chosen


def parse(data: bytes) -> int:
    """Parse, and print what was found; return how many tracebacks that were."""
    linecache.clearcache()
    found = list(parse_tracebacks(lines_of(data)))
    for kind, value, chain in found:
        assert type(value) is kind
        assert value.__traceback__ is chain
        "".join(traceback.format_exception(kind, value, chain))
    return len(found)


if __name__ == "__main__":
    findings.run(parse)
