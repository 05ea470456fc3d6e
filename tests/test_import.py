"""What `import keeptrace` loads and offers, and its older spelling `import keepTrace`."""

from __future__ import annotations

import configparser
import sys

import interpreters
import pytest

import keeptrace

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
    "itertools",
    "keeptrace",
    "keeptrace.mocks",
    "keeptrace.reducers",
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
