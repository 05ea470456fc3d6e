"""Exceptions that travel between processes arrive with init() as they do without."""

from __future__ import annotations

import importlib.util
import sys

import interpreters
import pytest

SAMPLE = interpreters.CHECKOUT / "tests" / "samples" / "transports.py"
ENGINES = [
    f"{engine} {method}" for engine in ("pool", "executor", "pipe", "queue", "manager") for method in ("fork", "spawn")
]
LIBRARIES = ["joblib", "dask", "distributed"]


def arriving(engine: str, **environment: str) -> list[str]:
    """Return the description of what arrives through an engine, in processes of their own."""
    environment = {**interpreters.keeptrace_importable(), **environment}
    return interpreters.run([sys.executable, str(SAMPLE), engine], cwd=SAMPLE.parent, **environment).splitlines()


@pytest.mark.parametrize("engine", [*ENGINES, *LIBRARIES])
def test_exceptions_arrive_as_without_init(engine: str) -> None:
    """Same class, arguments, attributes, chain and remote traceback, with init() in the parent and in the workers."""
    if engine in LIBRARIES and importlib.util.find_spec(engine) is None:
        pytest.skip(f"{engine} is not installed")
    assert arriving(engine, KEEPTRACE_INIT="1") == arriving(engine)


@pytest.mark.parametrize(
    ("engine", "remote"),
    [
        ("pool spawn", "multiprocessing.pool.RemoteTraceback: "),
        ("executor spawn", "concurrent.futures.process._RemoteTraceback: "),
    ],
)
def test_the_remote_traceback_arrives(engine: str, remote: str) -> None:
    """What is compared above is not empty: the text of the worker's traceback is there."""
    lines = arriving(engine, KEEPTRACE_INIT="1")
    expected = ["builtins.ZeroDivisionError ('division by zero',) []", remote, "    return 1 / 0"]
    assert [line for line in lines if line in expected][:3] == expected
