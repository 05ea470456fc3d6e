"""The plugin for pytest: `pytest --keeptrace` leaves a dump of each test, fixture and module that fails.

pytest loads it wherever keeptrace is installed; until it is asked for it does nothing, and imports nothing else.
"""

from __future__ import annotations

import copy
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import types
    from collections.abc import Generator

    from keeptrace.hooks.reporting import Report
    from keeptrace.hooks.shortening import Entries

RUNNERS = frozenset(["_pytest", "anyio.pytest_plugin", "pluggy", "pytest", "pytest_asyncio"])
USUAL = "crashes"  # where `keeptrace list` looks
ASKED = "--keeptrace"
OUTCOME = "keeptrace"  # what a report knows of its dump; pytest sends it along from where the test ran
NONE = ("", "")


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
    if ASKED in args:
        args[:] = [f"{ASKED}=" if argument == ASKED else argument for argument in args]
        early_config.known_args_namespace = parser.parse_known_args(args, copy.copy(early_config.option))


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
    """Dumps what fails in this process, and tells of the dumps at the end, of the workers' too."""

    def __init__(self, config: pytest.Config) -> None:
        from keeptrace.hooks.reporting import plan_of
        from keeptrace.integrations.outcomes import OUTSIDE, Outcomes, folder_of_tests

        self.config = config
        self.is_short = not config.getoption("keeptrace_all_frames")
        folder = folder_of_tests(config.option.keeptrace)
        outside = RUNNERS | OUTSIDE if self.is_short else frozenset()
        self.plan = plan_of("--keeptrace", folder, {}, note=None, threads=None, outside=outside)
        self.outcomes = Outcomes()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.failed and call.excinfo is not None:
            path, _ = self.dump(report, call.excinfo.value, item, context_of(item, report.when))
            if path:
                self.link(item, report, path)
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Dump why tests could not be collected: the first of xdist's workers, since all of them collect all."""
        report = yield
        worker = getattr(self.config, "workerinput", {"workerid": "gw0"})["workerid"]
        call = getattr(report, "call", None)
        if report.failed and call is not None and worker == "gw0":
            error = call.excinfo.value
            cause = error.__cause__ if isinstance(error, collector.CollectError) else None
            context = {"kind": "test", "test": collector.nodeid, "phase": "collect"}
            outcome = self.dump(report, cause or error, collector, context)
            output = getattr(self.config, "workeroutput", None)
            if output is not None:  # the report that is shown may be another worker's
                output.setdefault(OUTCOME, []).append((collector.nodeid, *outcome))
        return report

    def dump(
        self,
        report: pytest.TestReport | pytest.CollectReport,
        exception: BaseException,
        node: pytest.Item | pytest.Collector,
        context: dict[str, Any],
    ) -> tuple[str, str]:
        """Dump an exception; return, and tell the report, where it is and, where it is not, why."""
        from keeptrace.hooks import reporting

        def shown(found: BaseException, entries: Entries) -> Entries:
            return shown_entries(found, entries, os.fspath(node.path))

        doctest = sys.modules.get("doctest")
        if doctest is not None and isinstance(exception, doctest.UnexpectedException):
            exception = exception.exc_info[1]
        more: dict[str, Any] = {"shown": shown} if self.is_short else {}
        found: Report = reporting.report(exception, self.plan, context=context, **more)
        outcome = (found.path, "") if found.path else ("", found.line)
        setattr(report, OUTCOME, outcome)
        return outcome

    def link(self, item: pytest.Item, report: pytest.TestReport, path: str) -> None:
        """Name the dump where others look for such: in a property, as junit shows it, and in pytest-html's page."""
        item.user_properties.append(("keeptrace", path))
        if report.when == "teardown":  # the last of a test's reports, of which junit takes these
            report.user_properties.append(("keeptrace", path))
        page = self.config.getoption("htmlpath", None)
        if page and self.config.pluginmanager.hasplugin("html"):
            from pytest_html import extras

            extra = extras.url(seen_from(os.path.dirname(os.path.abspath(page)), path), name="keeptrace dump")
            report.extras = [*getattr(report, "extras", []), extra]  # type: ignore[attr-defined]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.outcomes.tell(name_of(report), *getattr(report, OUTCOME, NONE))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.outcomes.tell(report.nodeid, *getattr(report, OUTCOME, NONE))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what one of xdist's workers says when it ends."""
        for outcome in getattr(node, "workeroutput", {}).get(OUTCOME, []):
            self.outcomes.tell(*outcome)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say how each dump is opened."""
        lines = self.outcomes.lines()
        if lines:
            terminalreporter.section("keeptrace")
        for line in lines:
            terminalreporter.write_line(line)


def context_of(item: pytest.Item, phase: str | None) -> dict[str, Any]:
    """Return what is known of a failure: the test, the phase, which attempt it was, the parameters."""
    context: dict[str, Any] = {"kind": "test", "test": item.nodeid, "phase": phase}
    attempt = getattr(item, "execution_count", 1)  # pytest-rerunfailures'
    if attempt > 1:
        context["attempt"] = attempt
    parameters = getattr(getattr(item, "callspec", None), "params", {})
    return {**context, **{f"parameters.{name}": value for name, value in parameters.items()}}


def name_of(report: pytest.TestReport) -> str:
    """Return a test's node id, and what tells the report from others about that test: a subtest, an attempt."""
    subtest = getattr(report, "context", None)
    parameters = ", ".join(f"{name}={value}" for name, value in getattr(subtest, "kwargs", {}).items())
    facts = [getattr(subtest, "msg", None), parameters, "rerun" if report.outcome == "rerun" else ""]
    return " ".join([report.nodeid, *(f"({fact})" for fact in facts if fact)])


def shown_entries(exception: BaseException, entries: Entries, path: str) -> Entries:
    """Return a traceback's entries from the test's file on, but for those that are hidden.

    path: of the test's file; where none of the entries is in it, as where a fixture fails, all that is not pytest's.
    """
    from keeptrace.hooks.shortening import after_runners

    of_test = (at for at, entry in enumerate(entries) if entry.tb_frame.f_code.co_filename == path)
    first = next(of_test, None)
    found = after_runners(entries, RUNNERS) if first is None else entries[first:]
    return [entry for entry in found if not is_hidden(exception, entry)]


def is_hidden(exception: BaseException, entry: types.TracebackType) -> bool:
    """Tell whether a frame, or all of its module, is not to be shown: pytest's and unittest's ways to say so."""
    frame = entry.tb_frame
    if "__unittest" in frame.f_globals:
        return True
    hidden = frame.f_locals.get("__tracebackhide__", frame.f_globals.get("__tracebackhide__", False))
    return bool(hidden(pytest.ExceptionInfo.from_exception(exception)) if callable(hidden) else hidden)


def seen_from(folder: str, path: str) -> str:
    """Return a path as it is in a link."""
    import pathlib
    import urllib.parse

    try:
        return urllib.parse.quote(pathlib.Path(os.path.relpath(path, folder)).as_posix())
    except ValueError:  # on another drive
        return pathlib.Path(path).as_uri()
