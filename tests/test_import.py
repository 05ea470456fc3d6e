"""What `import keeptrace` and `init()` load, what is offered, and the older spelling `import keepTrace`."""

from __future__ import annotations

import configparser
import sys
from typing import TYPE_CHECKING

import interpreters
import pytest

import keeptrace

if TYPE_CHECKING:
    import pathlib

LOADED = """\
import sys
before = set(sys.modules)
sys.path.insert(0, sys.argv[1])
import keeptrace
print(*sorted(set(sys.modules) - before), sep="\\n")
"""

LIGHT = [
    "__future__",
    "_collections_abc",
    "_operator",
    "_weakrefset",
    "copyreg",
    "gc",
    "itertools",
    "keeptrace",
    "keeptrace.light",
    "keeptrace.mocks",
    "keeptrace.reducers",
    "keeptrace.version",
    "types",
    "weakref",
]
NEWER = {"_abc", "_types", "abc"}  # what these load in turn since Python 3.14


def run_bare(program: str) -> str:
    """Run a program in an interpreter of which nothing is loaded but what it needs itself."""
    command = [sys.executable, "-I", "-S", "-W", "error", "-c", program, str(interpreters.CHECKOUT)]
    return interpreters.run(command, cwd=interpreters.CHECKOUT)


def test_import_loads_few_and_light_modules() -> None:
    """`import keeptrace` happens at every start-up, so it loads these modules and no other."""
    assert [name for name in run_bare(LOADED).split() if name not in NEWER] == LIGHT


HEAVY = [
    "argparse", "ast", "asyncio", "contextlib", "copy", "dataclasses", "decimal", "dis", "gzip", "importlib.abc",
    "importlib.util", "inspect", "json", "logging", "opcode", "pathlib", "pickle", "random", "socket", "string",
    "subprocess", "tempfile", "textwrap", "threading", "traceback", "typing", "urllib.parse", "zipfile",
]  # fmt: skip
OPTIONS = {"by default": "", "with options": "limits=keeptrace.Limits(seconds=1), redact=keeptrace.Redactor()"}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_init_loads_no_heavy_module(recorder: str, options: str) -> None:
    """`init()` loads all that records a crash, and none of these, which would take longer than all of keeptrace."""
    program = f"import sys; import keeptrace; keeptrace.init({options}); print(*sys.modules)"
    command = [interpreters.found()[recorder], "-S", "-c", program]
    loaded = interpreters.run(command, cwd=interpreters.copied(), **interpreters.keeptrace_importable()).split()
    assert sorted(set(loaded) & set(HEAVY)) == []


FIRST = """\
import contextlib, sys
import keeptrace
with contextlib.suppress(ZeroDivisionError), keeptrace.capture(directory="crashes"):
    1 / 0
print(*sys.modules)
"""
NEEDED = ["contextlib", "json", "pickle"]
READING = ["hashlib", "keeptrace.files.opcodes", "keeptrace.files.reading", "keeptrace.restore", "keeptrace.vetting"]


def test_a_first_dump_loads_no_heavy_module(recorder: str, tmp_path: pathlib.Path) -> None:
    """Most programs crash once: what the first dump loads is most of what it takes."""
    command = [interpreters.found()[recorder], "-S", "-c", FIRST]
    loaded = interpreters.run(command, cwd=tmp_path, **interpreters.keeptrace_importable()).split()
    assert sorted(set(loaded) & {*HEAVY, *READING}) == NEEDED
    assert len(list(tmp_path.glob("crashes/*.pkl.gz"))) == 1


def test_init_compiles_no_regular_expression() -> None:
    """Those that find secrets are compiled when a crash first needs them: all of them take longer than the rest."""
    program = (
        "import sys, re, linecache, tokenize; sys.path.insert(0, sys.argv[1]); re.compile = None\n"
        "import keeptrace; keeptrace.init(); print(keeptrace.record.Redactor())"
    )
    assert run_bare(program) == "Redactor(names=(), patterns={}, allow=[])\n"


CRASH = """\
import pickle, sys
import keeptrace

keeptrace.init(depth=-1, reprs=True, **OPTIONS)
events = []
sys.addaudithook(lambda event, args: events.append((event, args[0])) if event in ("import", "open") else None)


class Order:
    def __init__(self, *lines):
        self.lines, self.password = lines, "hunter2 hunter2"


def fail(order, token="ghp_" + "a1B2" * 10, header="Authorization: Basic dXNlcjpwYXNzd29yZA=="):
    url, texts = "postgres://me:pa55word@db/x", ["-----BEGIN PRIVATE KEY-----\\n" + "a" * 64, "api_key='x1y2z3'"] * 20
    seen, by_number, numbers = {1.5, b"raw"}, {n: Order(n) for n in range(100)}, list(range(2000))
    return max(order.lines, key=lambda line: 1 / line)


try:
    try:
        fail(Order(2, 1, 0))
    except ZeroDivisionError as error:
        raise ValueError("no such line") from error
except ValueError as error:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert len(pickle.dumps(error, protocol)) > 10_000
print([event for event in events if event != ("open", __file__)])
"""


@pytest.mark.parametrize("options", ["{}", "{'pickler': pickle}", "{'redact': False}"])
def test_a_crash_is_recorded_without_any_file_but_its_own(recorder: str, options: str, tmp_path: pathlib.Path) -> None:
    """At a crash the disk may be gone, or there may be no file descriptor left: all that is needed is there."""
    script = tmp_path / "app.py"
    script.write_text(CRASH.replace("OPTIONS", options), encoding="utf-8")
    environment = {"DB_PASSWORD": "correct-horse-1", "BROKER": "amqp://me:s3cr3t-s3cr3t@host/"}
    environment |= interpreters.keeptrace_importable()
    command = [interpreters.found()[recorder], "-S", "-W", "error", str(script)]
    assert interpreters.run(command, cwd=tmp_path, **environment) == "[]\n"


def test_import_registers_nothing() -> None:
    """Importing has no effect; `init()` has."""
    program = (
        "import sys, copyreg; sys.path.insert(0, sys.argv[1]); hook = sys.excepthook\n"
        "import keeptrace, keepTrace, keeptrace.record, keeptrace.restore\n"
        "print(sys.excepthook is hook and [t for t in copyreg.dispatch_table if issubclass(t, BaseException)] == [])"
    )
    assert run_bare(program) == "True\n"


def test_public_names() -> None:
    """`from keeptrace import *` gives what the README names."""
    names: dict[str, object] = {}
    exec("from keeptrace import *", names)
    del names["__builtins__"]
    assert sorted(names) == [
        "DumpError", "Folder", "Header", "Limits", "Redactor", "UnsafeDumpError", "capture", "dump", "dumps", "hook",
        "init", "is_mock", "load", "peek", "register", "unhook", "uninit",
    ]  # fmt: skip


@pytest.mark.parametrize("name", keeptrace.__all__)
def test_public_names_are_documented(name: str) -> None:
    """Every public name has a docstring of its own."""
    assert (getattr(keeptrace, name).__doc__ or "").strip() != ""


def test_version_is_the_distribution_s() -> None:
    """`__version__` and setup.cfg say the same."""
    metadata = configparser.ConfigParser()
    metadata.read(interpreters.CHECKOUT / "setup.cfg")
    assert keeptrace.__version__ == metadata["metadata"]["version"]


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    """What the module does not have is refused as any module refuses it."""
    with pytest.raises(AttributeError) as caught:
        keeptrace.load_everything  # noqa: B018
    assert str(caught.value) == "module 'keeptrace' has no attribute 'load_everything'"


OLDER_SPELLINGS = {
    "the same module": "import keepTrace; print(keepTrace is keeptrace)",
    "the same module each time": "import keepTrace; import keepTrace; print(keepTrace is keeptrace)",
    "init": "import keepTrace; keepTrace.init(pickle, -1); print(keepTrace.init is keeptrace.init)",
    "utils": "import keepTrace; print(keepTrace.utils.parse_tracebacks is keeptrace.utils.parse_tracebacks)",
    "import utils": "import keepTrace.utils; print(keepTrace.utils is keeptrace.utils)",
    "import utils as": "import keepTrace.utils as utils; print(utils is keeptrace.utils)",
    "from utils": (
        "from keepTrace.utils import parse_tracebacks; print(parse_tracebacks is keeptrace.utils.parse_tracebacks)"
    ),
    "from the module": "from keepTrace import init, utils; print(init is keeptrace.init and utils is keeptrace.utils)",
}


@pytest.mark.parametrize("first", ["keeptrace", "keepTrace"])
@pytest.mark.parametrize("use", OLDER_SPELLINGS.values(), ids=OLDER_SPELLINGS)
def test_the_older_spelling(first: str, use: str) -> None:
    """`import keepTrace` gives the same module, whichever spelling is imported first."""
    program = f"import sys, pickle; sys.path.insert(0, sys.argv[1]); import {first}\n"
    assert run_bare(program + use.replace("print(", "import keeptrace.utils; print(")) == "True\n"
