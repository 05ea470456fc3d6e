"""The plugin for pytest: `pytest --keeptrace` leaves a dump of each test, fixture and module that fails.

pytest loads it wherever keeptrace is installed; until it is asked for it does nothing, and imports nothing else.
"""

from __future__ import annotations

import copy
import os
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import types
    from collections.abc import Generator, Iterator

    from keeptrace.files.memory import Report
    from keeptrace.hooks.shortening import Entries
    from keeptrace.integrations.outcomes import Outcome

    Node = pytest.Item | pytest.Collector


RUNNERS = frozenset(["_pytest", "anyio.pytest_plugin", "pluggy", "pytest", "pytest_asyncio"])
"""What stands at the beginning of tracebacks."""

ASKED = "--keeptrace"
USUAL = "crashes"  # where `keeptrace list` looks
NOT_FIRST = re.compile("gw[1-9][0-9]*")  # the ids of xdist's workers
OPTIMIZED = 1  # a flag of functions' code
OUTCOME = "keeptrace"  # what a report knows of its dump; pytest sends it along from where the test ran


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("keeptrace", "dumps of what fails")
    group.addoption(
        ASKED,
        nargs="?",
        const="",
        metavar="DIR",
        help=f"write a dump of each failure, for `keeptrace debug`; --keeptrace=DIR: into this folder (default: \
KEEPTRACE_DIR, else {USUAL})",
    )
    group.addoption(
        "--keeptrace-all-frames",
        action="store_true",
        help="keep the frames of pytest, and those that __tracebackhide__ hides",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, parser: pytest.Parser, args: list[str]) -> None:
    """Keep `pytest --keeptrace tests` from taking the tests for the folder."""
    given = list(with_files(args))
    if ASKED in given:
        args[:] = [f"{ASKED}=" if argument == ASKED else argument for argument in given]
        parsed = parser.parse_known_args(args, copy.copy(early_config.option))
        for name in ("file_or_dir", "keeptrace"):
            setattr(early_config.known_args_namespace, name, getattr(parsed, name))


def with_files(args: list[str]) -> Iterator[str]:
    """Yield arguments, those in files (`@FILE`, one in a line) too."""
    for argument in args:
        if argument.startswith("@") and os.path.isfile(argument[1:]):
            with open(argument[1:], encoding=sys.getfilesystemencoding()) as file:
                yield from with_files(file.read().splitlines())
        else:
            yield argument


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    asked = config.getoption("keeptrace")
    if asked is None:
        return
    from keeptrace import places  # what follows is imported where it was asked for

    folder = asked or os.environ.get(places.DIRECTORY) or USUAL
    config.option.keeptrace = os.path.join(config.invocation_params.dir, folder)  # for xdist's workers too
    config.pluginmanager.register(Failures(config), "keeptrace failures")


class Failures:
    """Dumps what fails in this process, and tells of the dumps at the end, of the workers' too.

    What it needs is imported at once: a dump is made while what a test has replaced is in force.
    """

    def __init__(self, config: pytest.Config) -> None:
        from keeptrace.files import memory
        from keeptrace.hooks import reporting, shortening
        from keeptrace.integrations import outcomes

        reporting.prepare()
        self.config, self.reporting, self.shortening, self.memory = config, reporting, shortening, memory
        self.is_short = not config.getoption("keeptrace_all_frames")
        self.worker = getattr(config, "workerinput", {"workerid": ""})["workerid"]
        path = config.option.keeptrace
        if not self.worker:
            outcomes.make_room(path)
        outside = RUNNERS | outcomes.OUTSIDE if self.is_short else frozenset()
        self.plan = reporting.plan_of(
            ASKED, outcomes.folder_of_tests(path), {}, note=None, threads=None, outside=outside
        )
        self.first_frames: dict[str, int] = {}  # the id of the first frame in each dump, by its path
        self.outcomes = outcomes.Outcomes(os.fspath(config.invocation_params.dir))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.failed and call.excinfo is not None:
            path, line = self.dump(call.excinfo.value, item, report.when)
            setattr(report, OUTCOME, (path, line))
            if path:
                self.reporting.guarded("link the dump", self.link, item, report, path)
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Dump why tests could not be collected: one of xdist's workers does, since all of them collect all."""
        report = yield
        call = getattr(report, "call", None)
        if report.failed and call is not None and not NOT_FIRST.fullmatch(self.worker):
            error = call.excinfo.value
            cause = error.__cause__ if isinstance(error, collector.CollectError) else None
            outcome = self.dump(cause or error, collector, "collect")
            output = getattr(self.config, "workeroutput", None)
            if output is None:
                setattr(report, OUTCOME, outcome)
            else:  # the report that is shown may be another worker's
                output.setdefault(OUTCOME, []).append((collector.nodeid, outcome))
        return report

    def dump(self, exception: BaseException, node: Node, phase: str | None) -> Outcome:
        """Dump an exception; return where it is, or why it is not. Whatever it and its test are, the run goes on."""
        found: Report = self.reporting.guarded("dump the failure", self.dumped, exception, node, phase)
        return (found.path, "") if found.path is not None else ("", found.line)

    def dumped(self, exception: BaseException, node: Node, phase: str | None) -> Report:
        doctest = sys.modules.get("doctest")
        if doctest is not None and isinstance(exception, doctest.UnexpectedException):
            exception = exception.exc_info[1]
        path = os.fspath(node.path)
        more: dict[str, Any] = {}
        if self.is_short:
            more["shown"] = lambda found, entries: self.shown_entries(found, entries, path)
        first = self.first_frame(exception, path)
        known = self.memory.remembered(exception)
        if known is not None and self.first_frames.get(known.path or "", first) != first:
            self.memory.forget(exception)  # raised again, by another test
        found: Report = self.reporting.report(exception, self.plan, context=context_of(node, phase), **more)
        if found.path is not None:
            self.first_frames[found.path] = first
        return found

    def first_frame(self, exception: BaseException, path: str) -> int:
        """Return the id of the first frame that a dump shows: the same where a fixture fails for several tests."""
        entries = list(self.shortening.chain(exception.__traceback__))
        shown = self.shown_entries(exception, entries, path)
        return id(shown[0].tb_frame) if shown else 0

    def shown_entries(self, exception: BaseException, entries: Entries, path: str) -> Entries:
        """Return a traceback's entries from the test's file on, but for those that are hidden.

        path: of the test's file; where none of the entries is in it, since a fixture fails, say, all but pytest's stay.
        """
        of_test = (at for at, entry in enumerate(entries) if entry.tb_frame.f_code.co_filename == path)
        first = next(of_test, None)
        found = self.shortening.after_runners(entries, RUNNERS) if first is None else entries[first:]
        return [entry for entry in found if not is_hidden(exception, entry)]

    def link(self, item: pytest.Item, report: pytest.TestReport, path: str) -> None:
        """Name a dump where others look for such: in a property, as junit shows it, and in pytest-html's page."""
        item.user_properties.append(("keeptrace", path))
        if report.when == "teardown":  # the last of a test's reports, of which junit takes these
            report.user_properties.append(("keeptrace", path))
        page = self.config.getoption("htmlpath", None)
        if page and self.config.pluginmanager.hasplugin("html"):
            from pytest_html import extras

            folder = os.path.dirname(os.path.join(self.config.invocation_params.dir, page))
            link = extras.url(seen_from(folder, path), name="keeptrace dump")
            report.extras = [*getattr(report, "extras", []), link]  # type: ignore[attr-defined]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if hasattr(report, OUTCOME):
            self.outcomes.tell(name_of(report), getattr(report, OUTCOME))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if hasattr(report, OUTCOME):
            self.outcomes.tell(report.nodeid, getattr(report, OUTCOME))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what one of xdist's workers says when it ends."""
        for nodeid, outcome in getattr(node, "workeroutput", {}).get(OUTCOME, []):
            self.outcomes.tell(nodeid, outcome)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how each dump is opened."""
        lines = self.outcomes.lines()
        if lines:
            terminalreporter.section("keeptrace")
        for line in lines:
            terminalreporter.write_line(line)


def context_of(node: Node, phase: str | None) -> dict[str, Any]:
    """Return what is known of a failure: the test, the phase, which attempt it was, the parameters."""
    context: dict[str, Any] = {"kind": "test", "test": node.nodeid, "phase": phase}
    attempt = getattr(node, "execution_count", 1)  # pytest-rerunfailures'
    if attempt > 1:
        context["attempt"] = attempt
    parameters = getattr(getattr(node, "callspec", None), "params", {})
    return {**context, **{f"parameters.{name}": value for name, value in parameters.items()}}


def name_of(report: pytest.TestReport) -> str:
    """Return a test's node id, and what tells the report from others about that test: a subtest, an attempt."""
    outcome: str = report.outcome  # plugins have more than pytest
    subtest = getattr(report, "context", None)
    parameters = ", ".join(f"{name}={value}" for name, value in getattr(subtest, "kwargs", {}).items())
    facts = [getattr(subtest, "msg", None), parameters, "rerun" if outcome == "rerun" else ""]
    return " ".join([report.nodeid, *(f"({fact})" for fact in facts if fact)])


def is_hidden(exception: BaseException, entry: types.TracebackType) -> bool:
    """Tell whether a frame, or all of its module, is not to be shown: pytest's and unittest's ways to say so."""
    frame = entry.tb_frame
    if "__unittest" in frame.f_globals:
        return True
    names = frame.f_locals if frame.f_code.co_flags & OPTIMIZED else {}  # a class's may be any mapping
    hidden = names.get("__tracebackhide__", frame.f_globals.get("__tracebackhide__", False))
    return bool(hidden(pytest.ExceptionInfo.from_exception(exception)) if callable(hidden) else hidden)


def seen_from(folder: str, path: str) -> str:
    """Return a path as it is in a link."""
    import pathlib
    import urllib.parse

    try:
        return urllib.parse.quote(pathlib.Path(os.path.relpath(path, folder)).as_posix())
    except ValueError:  # on another drive
        return pathlib.Path(path).as_uri()
