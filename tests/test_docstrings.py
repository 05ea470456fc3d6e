"""What `help(keeptrace)` teaches: every public name is listed, examples run as they stand, fields have their types."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING

import interpreters
import pytest

import keeptrace
from keeptrace.files.header import DEFAULTS

if TYPE_CHECKING:
    import pathlib

EXAMPLES = ["Folder", "Limits", "dump", "hook", "init"]
RUN = """\
import doctest, sys, keeptrace
documented = getattr(keeptrace, sys.argv[1])
found = doctest.DocTestFinder(recurse=False).find(documented, sys.argv[1], globs={})
results = [doctest.DocTestRunner().run(each) for each in found]
print(sum(each.failed for each in results), sum(each.attempted for each in results) > 1)
"""


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_run(name: str, tmp_path: pathlib.Path) -> None:
    environment = interpreters.keeptrace_importable()
    assert interpreters.run([sys.executable, "-c", RUN, name], cwd=tmp_path, **environment) == "0 True\n"


def test_every_public_name_is_listed() -> None:
    assert set(keeptrace.__all__) <= set(dir(keeptrace))
    assert {"__version__", "__doc__"} <= set(dir(keeptrace))


def test_the_fields_of_a_header_have_their_types() -> None:
    text = inspect.getdoc(keeptrace.Header) or ""
    fields = keeptrace.Header.__annotations__
    assert set(fields) == set(DEFAULTS)
    assert [name for name, annotation in fields.items() if name not in text or annotation not in text] == []
