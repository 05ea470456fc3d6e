"""Values of other libraries, recorded where these are installed and shown where they are not."""

from __future__ import annotations

import importlib.util
import pathlib

import interpreters
import pytest
from test_values import evaluate

SAMPLE = (pathlib.Path(__file__).parent / "samples" / "libraries.py").read_text(encoding="utf-8")

POINT, USER = "attrs_values.<locals>.Point", "pydantic_values.<locals>.User"

FACTS = {
    "attrs": [
        ("values['attrs'][0]", f"{POINT}(x=1, y=[2])"),
        ("values['attrs'][0] == values['attrs'][1], values['attrs'][0].hidden", "(True, 0)"),
        ("values['attrs'][2][values['attrs'][3]], values['attrs'][3].name", "('found', 'k')"),
    ],
    "pydantic": [
        ("values['pydantic'][1]", f"{USER}(id=2, name='ada', friends=[])"),
        ("values['pydantic'][1] == values['pydantic'][2], values['pydantic'][0] == 1", "(True, False)"),
        ("values['pydantic'][0].friends[0].id, type(values['pydantic'][0]).__module__", "(2, '__main__')"),
    ],
    "numpy": [
        ("values['numpy'][0].shape, values['numpy'][0].dtype", "((100, 1000), 'int64')"),
        ("repr(values['numpy'][0])[:42]", "'array([[    0,     1,     2, ...,   997,  '"),
        (
            "values['numpy'][1] + 1, values['numpy'][2].value, values['numpy'][4]",
            "(2.5, 7, <ndarray of shape (1,), object>)",
        ),
        ("type(values['numpy'][2]).__name__, '7' in repr(values['numpy'][2])", "('int32', True)"),
        ("values['numpy'][5]", "array([(0, 0.), (0, 0.)], dtype=[('f0', '<i4'), ('f1', '<f8')])"),
    ],
    "pandas": [
        ("values['pandas'][0]", "    shop  sold\n0  north     1\n1  south     2"),
        (
            "values['pandas'][0].shape, values['pandas'][0].columns, values['pandas'][1].dtype",
            "((2, 2), ['shop', 'sold'], 'int64')",
        ),
        ("values['pandas'][2]", "<DataFrame of shape (1, 1), {'cell': 'object'}>"),
        ("repr(values['pandas'][3])[-25:]", "'[100000 rows x 1 columns]'"),
    ],
    "polars": [
        ("values['polars'][0].shape, values['polars'][1].dtype", "((2, 2), 'Int64')"),
        ("'north' in repr(values['polars'][0])", "True"),
    ],
    "torch": [
        (
            "values['torch'][0].shape, values['torch'][0].dtype, values['torch'][0].device",
            "((2, 3), 'torch.float32', 'cpu')",
        ),
        ("values['torch'][1]", "tensor([   0,    1,    2,  ..., 9997, 9998, 9999])"),
    ],
}


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """Record the crash among all libraries that are installed."""
    path = tmp_path_factory.mktemp("libraries") / "crash.pkl"
    interpreters.record(SAMPLE, path)
    return path


@pytest.mark.parametrize("library", FACTS)
def test_values_of_a_library_are_shown_without_it(dump: pathlib.Path, library: str) -> None:
    """Arrays, frames and tensors show shape, dtype and the library's short text; models show and compare by fields."""
    if importlib.util.find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    expressions, expected = zip(*FACTS[library], strict=True)
    assert evaluate(dump, *expressions) == list(expected)
