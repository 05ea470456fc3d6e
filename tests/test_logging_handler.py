"""The handler for logging: it dumps the exceptions that a program logs."""

from __future__ import annotations

import io
import json
import logging
import logging.config
import os
import pathlib
import subprocess
import sys
from typing import TYPE_CHECKING

import interpreters
import pytest

import keeptrace
from keeptrace.integrations.logging import DumpHandler

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.live_stack

WORKED = [True, ["order 7 failed"]]


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """Give a logger of its own."""
    logger = logging.Logger("shop")  # noqa: LOG001 (it is to be gone after the test)
    yield logger
    for handler in logger.handlers:
        handler.close()


def log_a_crash(logger: logging.Logger, level: int = logging.ERROR) -> None:
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        logger.log(level, "order %d failed", 7, exc_info=True)


def test_an_exception_that_is_logged_is_dumped(tmp_path: pathlib.Path, logger: logging.Logger) -> None:
    """The log's message is the note."""
    logger.addHandler(DumpHandler(tmp_path))
    log_a_crash(logger)
    logger.error("nothing special")
    (path,) = tmp_path.glob("*.pkl.gz")
    assert (str(keeptrace.load(path)), keeptrace.peek(path).note) == ("division by zero", "order 7 failed")


def test_the_log_says_where_the_dump_is(tmp_path: pathlib.Path, logger: logging.Logger) -> None:
    """The record has the path, for the handlers that come later; records without exception have none."""
    text = io.StringIO()
    shown = logging.StreamHandler(text)
    shown.setFormatter(logging.Formatter("%(message)s [%(dump)s]", defaults={"dump": "-"}))
    shown.formatter.formatException = lambda info: ""  # type: ignore[method-assign, union-attr]
    logger.addHandler(DumpHandler(tmp_path))
    logger.addHandler(shown)
    log_a_crash(logger)
    logger.error("no crash")
    logger.info("not even an error")
    (path,) = tmp_path.glob("*.pkl.gz")
    assert text.getvalue() == f"order 7 failed [{path}]\nno crash []\nnot even an error [-]\n"


def test_the_level_is_that_of_errors_unless_given(tmp_path: pathlib.Path, logger: logging.Logger) -> None:
    """A warning's exception is not dumped by default."""
    logger.addHandler(DumpHandler(tmp_path / "errors"))
    logger.addHandler(DumpHandler(tmp_path / "warnings", level="WARNING", note="w", depth=0))
    log_a_crash(logger, logging.WARNING)
    (path,) = tmp_path.rglob("*.pkl.gz")
    assert (path.parent.name, keeptrace.peek(path).note) == ("warnings", "w")


def test_the_same_exception_is_dumped_once(tmp_path: pathlib.Path, logger: logging.Logger) -> None:
    """Logged twice on its way, and captured outside."""
    logger.addHandler(DumpHandler(tmp_path))

    def crash() -> None:
        try:
            1 / 0  # noqa: B018
        except ZeroDivisionError:
            logger.exception("here")
            logger.exception("there")
            raise

    with pytest.raises(ZeroDivisionError), keeptrace.capture(directory=tmp_path / "captured") as captured:
        crash()
    assert list(tmp_path.rglob("*.pkl.gz")) == [captured.path]


def test_it_can_be_configured(tmp_path: pathlib.Path) -> None:
    """By logging.config.dictConfig, with keyword arguments."""
    handler = {"class": "keeptrace.integrations.logging.DumpHandler", "directory": str(tmp_path), "level": "CRITICAL"}
    loggers = {"keeptrace-test": {"handlers": ["dumps"], "propagate": False}}
    config = {"version": 1, "disable_existing_loggers": False, "handlers": {"dumps": handler}, "loggers": loggers}
    logging.config.dictConfig(config)
    logger = logging.getLogger("keeptrace-test")
    log_a_crash(logger)
    assert list(tmp_path.glob("*.pkl.gz")) == []
    log_a_crash(logger, logging.CRITICAL)
    assert len(list(tmp_path.glob("*.pkl.gz"))) == 1


def test_what_fails_goes_to_handle_error(tmp_path: pathlib.Path, logger: logging.Logger) -> None:
    """As with every handler: the program is not disturbed."""
    (tmp_path / "file").touch()
    handler = DumpHandler(tmp_path / "file" / "crashes")
    failed: list[logging.LogRecord] = []
    handler.handleError = failed.append  # type: ignore[method-assign,assignment]
    logger.addHandler(handler)
    log_a_crash(logger)
    assert [record.getMessage() for record in failed] == ["order 7 failed"]


def test_an_exception_without_a_traceback(tmp_path: pathlib.Path, logger: logging.Logger) -> None:
    """One that was made and never raised."""
    logger.addHandler(DumpHandler(tmp_path))
    logger.error("order", exc_info=ValueError("pens"))
    (path,) = tmp_path.glob("*.pkl.gz")
    assert repr(keeptrace.load(path)) == "ValueError('pens')"


def test_an_error_without_an_exception_being_handled(tmp_path: pathlib.Path, logger: logging.Logger) -> None:
    """exc_info=True outside of a handler logs that there is none."""
    logger.addHandler(DumpHandler(tmp_path))
    logger.error("order", exc_info=True)  # noqa: LOG014
    assert list(tmp_path.iterdir()) == []


def test_wrong_arguments() -> None:
    """They are refused at once."""
    with pytest.raises(TypeError, match=r"DumpHandler\(directory=5\): a path, a keeptrace.Folder or None is expected"):
        DumpHandler(5)  # type: ignore[arg-type]


def test_a_message_that_its_arguments_do_not_fit(tmp_path: pathlib.Path, logger: logging.Logger) -> None:
    """The crash is dumped all the same, and the note is what was to be filled in."""
    logger.addHandler(DumpHandler(tmp_path))
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        logger.exception("order %d failed", "seven")
    (path,) = tmp_path.glob("*.pkl.gz")
    assert keeptrace.peek(path).note == "order %d failed"


def test_a_message_that_has_no_text(tmp_path: pathlib.Path, logger: logging.Logger) -> None:
    """The crash is dumped all the same: losing it would be worse than the note."""
    logger.addHandler(DumpHandler(tmp_path))
    try:
        1 / 0  # noqa: B018
    except ZeroDivisionError:
        logger.exception(NoText())
    (path,) = tmp_path.glob("*.pkl.gz")
    assert (str(keeptrace.load(path)), keeptrace.peek(path).note) == ("division by zero", "")


class NoText:
    """As an object that was half made."""

    def __str__(self) -> str:
        raise ValueError("no text")


def test_each_way_of_logging(tmp_path: pathlib.Path, recorder: str) -> None:
    """Handlers and queues around it, each kind of configuration, whoever takes its lock, several threads at once."""
    program = str(pathlib.Path(__file__).parent / "samples" / "logged.py")
    command = [interpreters.found()[recorder], "-W", "error", "-W", "ignore:This process:DeprecationWarning", program]
    printed = interpreters.run(
        [*command, str(tmp_path)], cwd=interpreters.CHECKOUT, **interpreters.keeptrace_importable()
    )
    found = json.loads(printed)
    assert (len(found), {name: result for name, result in found.items() if result != WORKED}) == (9, {})


ASYNCIO = """\
import asyncio, logging, keeptrace
from keeptrace.integrations.logging import DumpHandler
keeptrace.hook("crashes")
logging.basicConfig(format="%(message)s [%(dump)s]", handlers=[DumpHandler(), logging.StreamHandler()])
async def main():
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0.01)
asyncio.run(main())
"""


def test_with_hook_there_is_one_dump(tmp_path: pathlib.Path) -> None:
    """The log names the dump that hook() has made of what nobody awaited."""
    environment = {**os.environ, **interpreters.keeptrace_importable()}
    command = [sys.executable, "-c", ASYNCIO]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    (path,) = tmp_path.rglob("*.pkl.gz")
    assert f"[{path}]" in done.stderr
    assert done.stderr.endswith(f"keeptrace: the crash is in {path}\n")
