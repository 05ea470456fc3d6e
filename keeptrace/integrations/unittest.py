"""The front door for unittest: hook() has each test, class and module that fails leave a dump.

`keeptrace run` calls it for programs that import unittest. pytest's runs of such tests are the plugin's, see pytest.py.
"""

from __future__ import annotations

import _thread
import copy
import functools
import sys
import threading
import unittest
from types import FunctionType
from typing import TYPE_CHECKING, Any

from keeptrace import places
from keeptrace.files.memory import Report
from keeptrace.hooks import processes
from keeptrace.hooks.patching import Patches, attach
from keeptrace.hooks.reporting import guarded, plan_of, prepare, report, say
from keeptrace.integrations.outcomes import OUTSIDE, Outcomes, folder_of_tests, make_room
from keeptrace.system import os
from keeptrace.watching import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, ModuleType, TracebackType

    from keeptrace.files.folder import Folder
    from keeptrace.files.telling import OnDump
    from keeptrace.hooks.reporting import Plan
    from keeptrace.hooks.shortening import Entries

SUBTEST: Any = unittest.case._SubTest  # type: ignore[attr-defined]
ERROR_HOLDER: Any = unittest.suite._ErrorHolder  # type: ignore[attr-defined]
FAILED_TEST: Any = unittest.loader._FailedTest  # type: ignore[attr-defined]
RUNS = (unittest.BaseTestSuite, unittest.TestSuite, unittest.TextTestRunner)
OUTCOME: Any = unittest.case._Outcome  # type: ignore[attr-defined]
TOLD = ("addError", "addFailure", "addSubTest")  # a result's methods that are told of failures
FAILED_LOADS = ("_make_failed_import_test", "_make_failed_load_tests")
CAUSE = "__keeptrace_cause"  # why a test that stands for a module that cannot be imported fails
PHASES = {
    "_pre_setup": "setup",  # Django's
    "_callSetUp": "setup",
    "_callTestMethod": "call",
    "_callTearDown": "teardown",
    "_callCleanup": "teardown",
    "_post_teardown": "teardown",  # Django's
}
"""Phases of a test, by the functions that begin them."""

MAIN_THREAD = threading.main_thread().ident
CARRIED = "keeptrace.unittest"  # what goes to children, among what they inherit

_patches = Patches()
_getframe = sys._getframe  # tests may replace it
_hooked: Failures | None = None


def hook(
    directory: str | os.PathLike[str] | Folder | None = None,
    *,
    note: str | None = None,
    threads: bool | None = None,
    on_dump: OnDump | None = None,
    **options: Any,
) -> None:
    """Dump what fails under unittest: tests, subtests, what is set up and torn down, modules that cannot be imported.

    It makes no difference which runner and which result class there are. The results, the output and the exit status
    stay; after them, standard error has two lines for each dump: the test, and the command that opens the dump. Skips
    and expected failures are none, and a test that runs tests itself is asked for its own result only.

    The header's context has the test, the phase ("setup", "call", "teardown", "collect") and a subtest's parameters.
    An exception that was dumped before is not dumped again. Call it again to replace the settings.

    It reaches forked processes and children of multiprocessing, which tell of their dumps themselves.

    What is not given is as for keeptrace.hook(), where that was called.

    directory: the folder, made where it is missing, or a keeptrace.Folder; a path means a Folder that keeps 1,000 dumps
        of one bug. None for that of keeptrace.hook(), else the one that the environment variable KEEPTRACE_DIR names,
        else the current one, as they are now.
    note: a text for the headers.
    threads: dump the stacks of all other threads as well.
    on_dump: called with the path and the keeptrace.Header of each dump that is written, as for keeptrace.hook().
    options: pickler, depth, include_source, reprs, limits and redact, as for keeptrace.dump().

    Raises TypeError or ValueError for a wrong argument; nothing is changed then.
    """
    global _hooked  # noqa: PLW0603 (what it sets holds for the process)
    plan = plan_of("hook", directory, options, note=note, threads=threads, on_dump=on_dump, outside=OUTSIDE)
    folder = plan.directory or places.hooked or places.usual_directory()
    if isinstance(folder, str):
        make_room(folder)
    plan.directory = folder_of_tests(folder) if isinstance(folder, str) else folder
    _hooked = Failures(plan)
    for owner in RUNS:
        _patches.put(owner, "run", around_run)
    _patches.put_before(OUTCOME, "__init__", on_outcome)  # no test is to see a frame of ours between it and unittest
    for name in FAILED_LOADS:
        _patches.put(unittest.loader, name, around_failed_load)
    listen_to(unittest.TextTestResult)
    _watch.start()


def unhook() -> None:
    """Take back what hook() did."""
    global _hooked  # noqa: PLW0603 (see hook)
    _hooked = None
    _watch.stop()
    _patches.take_back_all()
    processes.leave(CARRIED)


class Failures:
    """Dumps what fails in this process, and tells of the dumps when the outermost run is over."""

    def __init__(self, plan: Plan) -> None:
        self.folder = os.getcwd()  # tests may go elsewhere
        self.plan, self.plan_of_loads = plan, copy.copy(plan)
        self.plan_of_loads.outside |= {"importlib"}
        self.begin_anew()

    def begin_anew(self) -> None:
        self.process = os.getpid()
        self.running: set[Following] = set()
        self.outcomes = Outcomes(self.folder)

    def begin(self, run: Following) -> None:
        if self.process != os.getpid():  # a forked one: the runs that go on are its parent's
            self.begin_anew()
        if not self.running:
            prepare()  # tests may replace what imports
        outermost = self.outermost()
        run.is_outermost = outermost is None
        if outermost is not None and outermost.result is None:  # a runner has made it meanwhile
            outermost.result = run.result
        self.running.add(run)
        listen_to(type(run.result))

    def end(self, run: Following) -> str:
        """Return what is to be said: all of it where no run is left."""
        self.running.discard(run)
        return "" if self.running else self.said()

    def said(self) -> str:
        """Return what is to be said, once. The line before may not have ended: "..F"."""
        lines = self.outcomes.lines()
        if lines:
            self.begin_anew()
        return "\n".join(["", "keeptrace: dumps of what failed", *lines] if lines else lines)

    def outermost(self) -> Following | None:
        """Return the run of this thread in which all others of it are."""
        ident = _thread.get_ident()
        return next((run for run in list(self.running) if run.thread == ident and run.is_outermost), None)

    def is_followed(self, result: Any) -> bool:
        """Tell whether a result is that of a run, not one that a test has made, who runs tests itself."""
        outermost = self.outermost()
        if outermost is None:  # a suite of another kind runs the tests, or no suite
            return _thread.get_ident() == MAIN_THREAD and list(runs(_getframe())).count("unittest.case") < 2
        if outermost.result is None:  # a runner runs one test
            outermost.result = result
        return outermost.result is result

    def dump(self, test: Any, exception: BaseException) -> None:
        """Dump a failure, of which the methods of several classes may tell."""
        plan = self.plan
        if isinstance(test, FAILED_TEST):
            plan, exception = self.plan_of_loads, vars(test).get(CAUSE, exception)
            if not isinstance(exception, SyntaxError) and not has_frames(exception):  # there is no such module, or name
                return
        context = context_of(test, exception)
        found = report(exception, plan, context=context, shown=shown_entries)
        self.outcomes.tell(name_of(test, context), (found.path or "", "" if found.path else found.line))


class Carrier(processes.Carrier):
    """Goes to a child that is a new process, as the parallel test runner of Django may start it."""

    def arguments(self) -> dict[str, Any] | None:
        return None if _hooked is None else {**_hooked.plan.options, "directory": _hooked.plan.directory}

    def hook(self, **arguments: Any) -> None:
        hook(**arguments)


def hook_children(module: ModuleType) -> None:
    processes.carry(module, CARRIED, Carrier())


_watch = Watch({processes.PROCESS: functools.partial(attach, hook_children)})


# ---------------------------------------------------------------------------------------------------------------------
# What stands in unittest's places
# ---------------------------------------------------------------------------------------------------------------------


def around_run(previous: Callable[..., Any], is_wanted: Callable[[], bool]) -> Callable[..., Any]:
    """Return the run() of a suite or a runner that tells of dumps, if it is the outermost."""

    def run(*arguments: Any, **keywords: Any) -> Any:
        failures = _hooked
        if failures is None or not is_wanted():
            return previous(*arguments, **keywords)
        given = next(iter([*arguments[1:], *keywords.values()]), None)  # a result; a runner is given a test
        result = None if isinstance(arguments[0], unittest.TextTestRunner) else given
        with Following(failures, result):
            return previous(*arguments, **keywords)

    return run


class Following:
    """A run that is followed; what leaves it, as a KeyboardInterrupt does, goes on without our own frame.

    The frame stays out from Python 3.11 on, where the interpreter does not add it again.
    """

    def __init__(self, failures: Failures, result: Any) -> None:
        self.failures, self.result, self.thread = failures, result, _thread.get_ident()
        self.is_outermost = False

    def __enter__(self) -> None:
        guarded("follow the tests", self.failures.begin, self)

    def __exit__(
        self, cls: type[BaseException] | None, exception: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if exception is not None and traceback is not None and traceback.tb_next is not None:
            BaseException.with_traceback(exception, traceback.tb_next)
        said = guarded("tell of the tests", self.failures.end, self)
        say(said.line if isinstance(said, Report) else said)


def listen_to(result_class: type) -> None:
    """Have a result class, and all it derives from, tell of failures: its methods need not call those of its bases."""
    if is_of_pytest(result_class):
        return
    for owner in result_class.__mro__:
        for name in TOLD:
            if isinstance(vars(owner).get(name), FunctionType):
                _patches.put_before(owner, name, on_failure)


def is_of_pytest(result_class: type) -> bool:
    return result_class.__module__.partition(".")[0] == "_pytest"


def on_outcome(outcome: Any, result: Any = None) -> str:
    """Stand before what a test makes when it is run, of the result that it is given."""
    listen_to(type(result))
    return ""


def on_failure(result: Any, *given: Any) -> str:
    """Stand before a result's method that is told of a failure."""
    failures = _hooked
    if failures is not None and len(given) > 1 and is_of_test(given[-1]) and failures.is_followed(result):
        failures.dump(given[-2], given[-1][1])
        return "" if failures.running else failures.said()
    return ""


def is_of_test(error: Any) -> bool:
    """Tell whether what a result was told is an exception that failed a test in this process.

    Django's parallel test runner tells of those of others: their modules are none. They are dumped where they happened.
    """
    if type(error) is not tuple or len(error) != 3 or not issubclass(type(error[1]), BaseException):
        return False
    traceback = error[1].__traceback__
    is_ours = traceback is None or "__spec__" in traceback.tb_frame.f_globals
    return is_ours and not issubclass(type(error[1]), unittest.SkipTest)


def runs(frame: FrameType | None) -> Iterator[str]:
    """Yield the modules of unittest whose functions named run stand in the stack, from the innermost on."""
    while frame is not None:
        module = frame.f_globals.get("__name__")
        if frame.f_code.co_name == "run" and module in ("unittest.case", "unittest.suite", "unittest.runner"):
            yield module
        frame = frame.f_back


def around_failed_load(previous: Callable[..., Any], is_wanted: Callable[[], bool]) -> Callable[..., Any]:
    """Return the function that makes a test of a module that cannot be imported; ours has the test remember why.

    unittest keeps the text only; and the loader also makes such tests while it finds out what a name stands for.
    """

    def make(*arguments: Any, **keywords: Any) -> Any:
        made = previous(*arguments, **keywords)
        if is_wanted():
            failed = guarded("remember why a module cannot be imported", remember_cause, made, sys.exc_info()[1])
            say(failed.line if failed else "")
        return made

    return make


def remember_cause(made: tuple[unittest.TestSuite, str], cause: BaseException | None) -> None:
    for test in made[0]:
        vars(test)[CAUSE] = cause


# ---------------------------------------------------------------------------------------------------------------------
# What is said of a failure, and shown
# ---------------------------------------------------------------------------------------------------------------------


def context_of(test: Any, exception: BaseException) -> dict[str, Any]:
    """Return what is known of a failure: the test, the phase, a subtest's parameters."""
    parameters: dict[str, Any] = {}
    if isinstance(test, SUBTEST):
        parameters = {f"parameters.{name}": value for name, value in test.params.items()}
        test = test.test_case
    name = test.id()
    if isinstance(test, FAILED_TEST):
        name, phase = test._testMethodName, "collect"
    elif isinstance(test, ERROR_HOLDER):  # "setUpClass (tests.Orders)"
        phase = "setup" if name.startswith("setUp") else "teardown"
    else:
        phase = phase_of(exception)
    return {"kind": "test", "test": name, "phase": phase, **parameters}


def phase_of(exception: BaseException) -> str:
    traceback = exception.__traceback__
    while traceback is not None:
        phase = PHASES.get(traceback.tb_frame.f_code.co_name)
        if phase is not None:
            return phase
        traceback = traceback.tb_next
    return "call"


def name_of(test: Any, context: dict[str, Any]) -> str:
    """Return what a line is to call a test: a subtest by its parameters, too, as unittest's own output does."""
    return str(test.id() if isinstance(test, SUBTEST) else context["test"])


def shown_entries(exception: BaseException, entries: Entries) -> Entries:
    """Return a traceback's entries from the test on, without those of unittest's assertions."""
    from keeptrace.hooks.shortening import after_runners  # heavy, and needed where something fails

    found = after_runners(entries, OUTSIDE)
    return [entry for entry in found if "__unittest" not in entry.tb_frame.f_globals]


def has_frames(exception: BaseException) -> bool:
    """Tell whether an exception has frames that are shown."""
    from keeptrace.hooks.shortening import chain  # heavy: see above

    return bool(shown_entries(exception, list(chain(exception.__traceback__))))
