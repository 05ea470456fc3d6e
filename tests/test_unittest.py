"""The front door for unittest: what fails leaves a dump, and a run is as it is without keeptrace."""

from __future__ import annotations

import collections
import functools
import io
import json
import multiprocessing
import re
import shutil
import sys
import textwrap
import types
import unittest
from typing import TYPE_CHECKING, Any

import commands
import interpreters
import pytest

import keeptrace
from keeptrace.integrations import unittest as front_door

if TYPE_CHECKING:
    import pathlib
    import subprocess
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.live_stack

SAMPLE = interpreters.CHECKOUT / "tests" / "samples" / "failing_unittest.py"
PAGE = interpreters.CHECKOUT / "docs" / "unittest.md"
FAILURES = collections.Counter(
    {
        ("test_broken", "collect"): 1,
        ("test_shop.Orders.test_error", "call"): 1,
        ("test_shop.Orders.test_failure", "call"): 1,
        ("test_shop.Orders.test_parameters", "call"): 2,
        ("test_shop.Orders.test_cleanup", "teardown"): 1,
        ("test_shop.Orders.test_chain", "call"): 1,
        ("test_shop.SetUp.test_never", "setup"): 1,
        ("test_shop.TearDown.test_fails_twice", "call"): 1,
        ("test_shop.TearDown.test_fails_twice", "teardown"): 1,
        ("setUpClass (test_shop.SetUpClass)", "setup"): 1,
        ("tearDownClass (test_shop.TearDownClass)", "teardown"): 1,
        ("tearDownClass (test_shop.CleanUpClass)", "teardown"): 1,
        ("test_shop.Later.test_later", "call"): 1,
        ("test_shop.Later.test_later", "teardown"): 1,
        ("tearDownModule (test_shop)", "teardown"): 1,
    }
)
STACK = """\
import gzip, json, pickle, sys
frames, tb = [], pickle.load(gzip.open(sys.argv[1])).__traceback__
outer = tb.tb_frame.f_back
while outer:
    frames.insert(0, "outside: " + outer.f_code.co_name)
    outer = outer.f_back
while tb:
    frames.append(tb.tb_frame.f_code.co_name)
    tb = tb.tb_next
print(json.dumps(frames))
"""


class Ran:
    """The sample suite, run by Python and by `keeptrace run`."""

    def __init__(self, folder: pathlib.Path, python: str = sys.executable) -> None:
        shutil.copy(SAMPLE, folder / "test_shop.py")
        (folder / "test_broken.py").write_text("limit = 5\nimport not_there_at_all\n", encoding="utf-8")
        self.folder = folder
        self.plain = commands.run([python, "-m", "unittest"], folder)
        self.ours = commands.run([python, "-m", "keeptrace", "run", "-d", "dumps", "-m", "unittest"], folder)

    @functools.cached_property
    def dumps(self) -> list[pathlib.Path]:
        return sorted((self.folder / "dumps").glob("*.pkl.gz"))

    @functools.cached_property
    def contexts(self) -> list[dict[str, Any]]:
        return [keeptrace.peek(path).context for path in self.dumps]

    def dump_of(self, test: str) -> str:
        return next(
            str(path) for path, context in zip(self.dumps, self.contexts, strict=True) if context["test"].endswith(test)
        )

    @functools.cached_property
    def said(self) -> list[str]:
        """Return the lines that only keeptrace's run has."""
        return lines_of(self.ours)[len(lines_of(self.plain)) :]


def lines_of(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return what a run said, without what is different in each."""
    return re.sub(r" in \d.*s$|0x[0-9a-f]+", "", done.stderr, flags=re.MULTILINE).splitlines()


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return Ran(tmp_path_factory.mktemp("suite"))


# -- keeptrace run -m unittest ----------------------------------------------------------------------------------------


def assert_complete(ran: Ran) -> None:
    """Assert that each failure has left one dump, and the run is as it is without."""
    assert collections.Counter((context["test"], context["phase"]) for context in ran.contexts) == FAILURES
    assert (ran.ours.stdout, ran.ours.returncode) == (ran.plain.stdout, ran.plain.returncode)
    assert lines_of(ran.ours)[: len(lines_of(ran.plain))] == lines_of(ran.plain)
    assert ran.ours.returncode == 1


def test_each_failure_leaves_a_dump_and_the_run_is_as_without(tmp_path: pathlib.Path, recorder: str) -> None:
    """On each Python; not what is skipped, expected to fail, or fails within a test of tests."""
    assert_complete(Ran(tmp_path, interpreters.found()[recorder]))


def test_it_says_how_each_dump_is_opened(ran: Ran) -> None:
    """After unittest's own summary, by the test's name, and a subtest's parameters."""
    blank, first, *lines = ran.said
    tests, opening = lines[::2], lines[1::2]
    assert (blank, first) == ("", "keeptrace: dumps of what failed")
    assert sorted(opening) == [f"    keeptrace debug {path.relative_to(ran.folder)}" for path in ran.dumps]
    assert "test_shop.Orders.test_parameters (count=2, name='pen')" in tests
    (path,) = (path for test, path in zip(tests, opening, strict=True) if test.endswith(".test_error"))
    done = commands.keeptrace(*path.split()[1:], "--frame=1", "-c", "p basket", cwd=ran.folder)
    assert "{'pencil': 3}" in done.stdout


def test_a_dump_is_found_and_shown(ran: Ran) -> None:
    """By its test, with the variables and what it is about."""
    found = commands.keeptrace("list", "--json", "--where", "test=test_error", "dumps", cwd=ran.folder)
    (row,) = json.loads(found.stdout)
    shown = commands.keeptrace("show", row["newest"], cwd=ran.folder).stdout
    assert "kind=test, test=test_shop.Orders.test_error, phase=call" in shown
    assert "basket = {'pencil': 3}" in shown


def test_a_subtest_has_its_parameters(ran: Ran) -> None:
    found = [context for context in ran.contexts if context["test"].endswith("test_parameters")]
    assert sorted(context["parameters.count"] for context in found) == [0, 2]
    assert found[0]["parameters.name"] == "pen"


STACKS = {
    "test_error": ["test_error", "total", "<genexpr>"],
    "test_failure": ["test_failure"],
    "test_cleanup": ["total", "<genexpr>"],
    "test_chain": ["test_chain"],
    "(test_shop.SetUpClass)": ["setUpClass"],
    "(test_shop.CleanUpClass)": ["total", "<genexpr>"],
    "(test_shop)": ["tearDownModule"],
    "test_broken": ["<module>"],
}


@pytest.mark.parametrize("test", STACKS)
def test_a_stack_begins_with_the_test(ran: Ran, test: str) -> None:
    """Opened where nothing is installed; unittest's frames are neither before nor after it."""
    printed = interpreters.run([sys.executable, "-I", "-S", "-c", STACK, ran.dump_of(test)], cwd=ran.folder)
    assert json.loads(printed) == STACKS[test]


def test_a_dump_is_small(ran: Ran) -> None:
    assert max(path.stat().st_size for path in ran.dumps) < 40_000


def test_options_of_run_hold(tmp_path: pathlib.Path) -> None:
    """--depth, and without --directory the environment's folder."""
    shutil.copy(SAMPLE, tmp_path / "test_shop.py")
    program = ["-m", "unittest", "test_shop.Orders.test_error"]
    commands.keeptrace("run", "--depth", "0", *program, cwd=tmp_path, KEEPTRACE_DIR="told")
    (path,) = (tmp_path / "told").glob("KeyError-*.pkl.gz")
    assert "basket" not in keeptrace.load(path).__traceback__.tb_frame.f_locals


def test_a_script_that_runs_its_tests(tmp_path: pathlib.Path) -> None:
    """As any program that imports unittest; where none does, unittest is not imported."""
    shutil.copy(SAMPLE, tmp_path / "app.py")
    with (tmp_path / "app.py").open("a", encoding="utf-8") as file:
        file.write("\nif __name__ == '__main__':\n    unittest.main()\n")
    done = commands.keeptrace("run", "-d", "dumps", "app.py", "Orders.test_error", cwd=tmp_path)
    (path,) = (tmp_path / "dumps").glob("KeyError-*.pkl.gz")
    assert f"\n__main__.Orders.test_error\n    keeptrace debug dumps/{path.name}\n" in done.stderr
    done = commands.keeptrace("run", "-c", "import sys; print('unittest' in sys.modules)", cwd=tmp_path)
    assert done.stdout == "False\n"


def test_pytest_s_runs_are_its_plugin_s(tmp_path: pathlib.Path) -> None:
    """`keeptrace run -m pytest` stays as it is."""
    shutil.copy(SAMPLE, tmp_path / "test_shop.py")
    quiet = ["-q", "-p", "no:cacheprovider", "-p", "no:asyncio", "--tb=line"]
    done = commands.keeptrace("run", "-d", "dumps", "-m", "pytest", *quiet, "-k", "test_error", cwd=tmp_path)
    assert "1 failed" in done.stdout
    assert (done.stderr, (tmp_path / "dumps").exists()) == ("", False)


INTERRUPTED = """\
import unittest

class Orders(unittest.TestCase):
    def test_a(self):
        self.fail()

    def test_b(self):
        raise KeyboardInterrupt
"""


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the interpreter adds our frames again")
def test_a_run_that_is_interrupted(tmp_path: pathlib.Path) -> None:
    """It says what there is until then; what is printed of the interrupt is as without."""
    (tmp_path / "test_orders.py").write_text(INTERRUPTED, encoding="utf-8")
    plain = commands.python("-m", "unittest", cwd=tmp_path)
    ours = commands.keeptrace("run", "-d", "dumps", "-m", "unittest", cwd=tmp_path)
    (path,) = (tmp_path / "dumps").glob("*.pkl.gz")
    said = f"\nkeeptrace: dumps of what failed\ntest_orders.Orders.test_a\n    keeptrace debug dumps/{path.name}\n"
    assert said in ours.stderr
    assert (ours.stderr.replace(said, ""), ours.returncode) == (plain.stderr, plain.returncode)


def test_a_test_that_is_not_there_leaves_no_dump(tmp_path: pathlib.Path) -> None:
    """A wrong name in the command is no crash."""
    shutil.copy(SAMPLE, tmp_path / "test_shop.py")
    commands.keeptrace("run", "-d", "dumps", "-m", "unittest", "test_shops", "test_shop.Orders.test_x", cwd=tmp_path)
    assert not (tmp_path / "dumps").exists()


PROCESSES = """\
import multiprocessing, sys, unittest

class Orders(unittest.TestCase):
    def test_fails(self):
        self.fail()

def run():
    Orders("test_fails").run(unittest.TestResult())

if __name__ == "__main__":
    process = multiprocessing.get_context(sys.argv[1]).Process(target=run)
    process.start()
    process.join()
"""


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_processes_dump_and_say_so(tmp_path: pathlib.Path, method: str) -> None:
    """However they are started."""
    (tmp_path / "app.py").write_text(PROCESSES, encoding="utf-8")
    done = commands.keeptrace("run", "-d", "dumps", "app.py", method, cwd=tmp_path)
    (path,) = (tmp_path / "dumps").glob("*.pkl.gz")
    assert done.stderr.endswith(f"main__.Orders.test_fails\n    keeptrace debug dumps/{path.name}\n")


MANAGE = """\
import sys
import textwrap
import django
from django.conf import settings
from django.core.management import execute_from_command_line

databases = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
settings.configure(INSTALLED_APPS=["shop"], DATABASES=databases, SECRET_KEY="x", USE_TZ=True)
execute_from_command_line(sys.argv)
"""
DJANGO = """\
from django.test import SimpleTestCase, TestCase

class Orders(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.prices = {"pen": 2}

    def test_price(self):
        name = "ink"
        self.assertEqual(self.prices[name], 3)

class Broken(SimpleTestCase):
    @classmethod
    def _pre_setup(cls):
        raise OSError("not prepared")

    def test_never(self):
        pass
"""


def test_django_s_tests(tmp_path: pathlib.Path) -> None:
    """`manage.py test`, whose runner, results and test cases are Django's own."""
    pytest.importorskip("django")
    (tmp_path / "shop").mkdir()
    for name, text in (("manage", MANAGE), ("shop/__init__", ""), ("shop/tests", DJANGO)):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    done = commands.keeptrace("run", "-d", "dumps", "manage.py", "test", cwd=tmp_path)
    found = [keeptrace.peek(path).context for path in (tmp_path / "dumps").glob("*.pkl.gz")]
    assert sorted((context["test"], context["phase"]) for context in found) == [
        ("shop.tests.Broken.test_never", "setup"),
        ("shop.tests.Orders.test_price", "call"),
    ]
    assert "shop.tests.Orders.test_price\n    keeptrace debug dumps/KeyError-" in done.stderr
    assert done.returncode == 1


# -- hook() -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def crashes(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pathlib.Path]:
    """Give the folder where dumps go."""
    monkeypatch.setenv("KEEPTRACE_DIR", str(tmp_path / "crashes"))
    yield tmp_path / "crashes"
    front_door.unhook()


def case(function: Callable[[Any], Any]) -> unittest.TestCase:
    """Return a test of a class of its own, which pytest does not see."""
    made: unittest.TestCase = type("Case", (unittest.TestCase,), {"test": function})("test")
    return made


def fails(self: unittest.TestCase) -> None:
    self.fail("as it is to")


def contexts(folder: pathlib.Path) -> list[dict[str, Any]]:
    return [keeptrace.peek(path).context for path in folder.glob("*.pkl.gz")]


class OwnResult(unittest.TestResult):
    """Does all by itself, as many do."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.told: list[str] = []

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802 (unittest's name)
        self.told.append("error")

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802 (unittest's name)
        self.addError(test, err)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802 (unittest's name)
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.addError(test, err)


def test_every_result_class_will_do(crashes: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Its methods need not call those of its bases; where several of them are told of one failure, it is one."""

    def subtest(self: unittest.TestCase) -> None:
        with self.subTest(number=5):
            self.fail()

    front_door.hook()
    result = OwnResult()
    unittest.TestSuite([case(fails), case(subtest)]).run(result)
    assert result.told == ["error", "error"]
    assert sorted(context.get("parameters.number", 0) for context in contexts(crashes)) == [0, 5]
    assert capfd.readouterr().err.count("    keeptrace debug ") == 2


def test_a_result_that_is_none_of_unittest_s(crashes: pathlib.Path) -> None:
    """What it is told may be anything: then there is nothing to dump."""
    told = []

    class Result:
        shouldStop = False  # noqa: N815 (unittest's name)

        def addError(self, *arguments: Any) -> None:  # noqa: N802 (unittest's name)
            told.append(arguments)

    def run(result: Any) -> None:
        result.addError()
        result.addError(None, "failed")
        result.addError(None, (None, None, None))

    front_door.hook()
    unittest.TestSuite([run]).run(Result())  # type: ignore[list-item, arg-type]
    assert (len(told), crashes.exists()) == (3, False)


def test_each_test_has_its_dump_though_the_bug_is_one(crashes: pathlib.Path) -> None:
    """A folder of crashes would keep five of them."""
    front_door.hook(crashes)
    unittest.TestSuite([case(fails) for _ in range(70)]).run(unittest.TestResult())
    assert len(contexts(crashes)) == 70


def test_a_test_of_tests_expects_what_fails_in_it(crashes: pathlib.Path) -> None:
    """Only what fails itself is dumped."""

    def runs_tests(self: unittest.TestCase) -> None:
        result = unittest.TestResult()
        case(fails).run(result)
        assert len(result.failures) == 2, "as is wrong"

    front_door.hook()
    unittest.TestSuite([case(runs_tests)]).run(unittest.TestResult())
    (path,) = crashes.glob("*.pkl.gz")
    assert keeptrace.peek(path).message.startswith("as is wrong")


def test_what_was_dumped_is_not_dumped_again(crashes: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    """By capture(), say; it is told of all the same."""
    front_door.hook()
    unittest.TestSuite([case(keeptrace.capture(fails))]).run(unittest.TestResult())
    (path,) = crashes.glob("*.pkl.gz")
    said = capfd.readouterr().err.splitlines()
    assert (said[2].endswith(".Case.test"), said[3]) == (True, f"    keeptrace debug {path}")


def test_what_failed_in_another_process_was_dumped_there(crashes: pathlib.Path) -> None:
    """As Django's parallel runner gets it from its processes: the modules of the frames are none."""
    error = ValueError()

    def stand_in(result: unittest.TestResult) -> None:
        try:
            exec("raise error", {"__name__": "shop", "error": error})
        except ValueError:
            BaseException.with_traceback(error, error.__traceback__.tb_next)  # type: ignore[union-attr]
            result.addError(case(fails), (ValueError, error, error.__traceback__))  # type: ignore[arg-type]

    front_door.hook()
    result = unittest.TestResult()
    unittest.TestSuite([stand_in]).run(result)  # type: ignore[list-item]
    assert (len(result.errors), crashes.exists()) == (1, False)


def test_a_dump_that_fails_changes_nothing(tmp_path: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A line says why there is none, and of what is only counted, that it was."""
    (tmp_path / "file").touch()
    result = unittest.TestResult()
    try:
        for folder in (tmp_path / "file" / "x", keeptrace.Folder(tmp_path / "counted", each=0)):
            front_door.hook(folder)
            unittest.TestSuite([case(fails)]).run(result)
    finally:
        front_door.unhook()
    said = [line for line in capfd.readouterr().err.splitlines() if line.startswith("    ")]
    assert [len(result.failures), *(line.partition(":")[0] for line in said)] == [2, "    keeptrace", "    keeptrace"]
    assert "cannot dump the crash: NotADirectoryError" in said[0]
    assert "was counted, not stored" in said[1]


def test_a_name_that_cannot_be_told_changes_nothing(crashes: pathlib.Path, capfd: pytest.CaptureFixture[str]) -> None:
    """What a test says about itself is its own code."""

    def id_fails(self: unittest.TestCase) -> str:
        raise LookupError("no name")

    named = type("Case", (unittest.TestCase,), {"test": fails, "id": id_fails})("test")
    front_door.hook()
    result = unittest.TestResult()
    unittest.TestSuite([named]).run(result)
    assert (len(result.failures), crashes.exists()) == (1, False)
    assert capfd.readouterr().err == "keeptrace: cannot dump the crash: LookupError: no name\n"


def test_settings_are_replaced_and_taken_back(tmp_path: pathlib.Path, crashes: pathlib.Path) -> None:
    """What was there before is there again."""
    told: list[Any] = []
    classes = (unittest.TestCase, unittest.TestSuite, unittest.TextTestRunner, unittest.TestResult, OwnResult)
    before = [dict(vars(cls)) for cls in classes]
    front_door.hook(tmp_path / "first")
    front_door.hook(tmp_path / "second", note="n", depth=1, on_dump=lambda path, header: told.append(header.note))
    unittest.TextTestRunner(io.StringIO(), resultclass=OwnResult).run(case(fails))  # type: ignore[arg-type]
    front_door.unhook()
    case(fails).run(unittest.TestResult())
    assert [(tmp_path / name).exists() for name in ("first", "second")] == [False, True]
    assert (told, crashes.exists()) == (["n"], False)
    assert [{name: vars(cls)[name] for name in known} for cls, known in zip(classes, before, strict=True)] == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"directory": 5}, "hook(directory=5): a path, a keeptrace.Folder or None is expected"),
        ({"note": 5}, "hook(note=5): a text or None is expected"),
        ({"deep": 1}, "hook(deep=...): there is no such option; there are pickler, "),
    ],
)
def test_wrong_arguments(arguments: dict[str, Any], message: str) -> None:
    """They are refused, and nothing is hooked."""
    with pytest.raises(TypeError, match=re.escape(message)):
        front_door.hook(**arguments)
    assert isinstance(unittest.TestCase.run, types.FunctionType)
    assert not hasattr(unittest.TestCase.run, "__wrapped__")


# -- the page in the docs ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[pathlib.Path, list[str], str]:
    """Return a folder with the page's first program, all of its programs, and what it shows of a terminal."""
    folder = tmp_path_factory.mktemp("page")
    text = PAGE.read_text(encoding="utf-8")
    programs = re.findall(r"^```python\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    (console,) = re.findall(r"^```console\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    (folder / "test_shop.py").write_text(programs[0], encoding="utf-8")
    return folder, programs, console


def test_the_page_in_the_docs_says_what_happens(page: tuple[pathlib.Path, list[str], str]) -> None:
    """Its commands, in their order, print the lines that it shows."""
    folder, _, console = page
    words = re.findall(r"^\$ keeptrace (.*)$", console, flags=re.MULTILINE)
    done = [commands.keeptrace(*each.split(), cwd=folder) for each in words]
    printed = "".join(each.stdout + each.stderr for each in done)
    shown = [line for line in console.splitlines() if line[:1] not in "$…" and "crashes/" not in line]
    assert [line for line in shown if line not in printed] == []
    assert [each.returncode for each in done] == [1, 0, 0]


def test_the_page_s_other_programs_run(page: tuple[pathlib.Path, list[str], str], tmp_path: pathlib.Path) -> None:
    """The one that hooks, as a package of tests, and the one that decorates."""
    _, (program, hooking, decorating), _ = page
    (tmp_path / "tests").mkdir()
    for name, text in (("__init__", hooking), ("test_shop", program)):
        (tmp_path / "tests" / f"{name}.py").write_text(text, encoding="utf-8")
    done = commands.python("-m", "unittest", cwd=tmp_path)
    assert "failed: tests.test_shop.Carts.test_total\n" in done.stdout
    assert "keeptrace debug crashes/KeyError-" in done.stderr
    (tmp_path / "test_sum.py").write_text(decorating, encoding="utf-8")
    commands.python("-m", "unittest", "test_sum", cwd=tmp_path)
    assert len(list((tmp_path / "crashes").glob("AssertionError-*.pkl.gz"))) == 1


def test_the_outcome_of_tests_that_look_around_them_stays(tmp_path: pathlib.Path) -> None:
    """At the functions they have replaced, at who calls them, and at results that they make themselves."""
    program = """\
        import sys, threading, unittest, warnings
        from unittest import mock

        ERROR = LookupError()

        def fails(self):
            self.fail()

        class Patched(unittest.TestCase):
            def setUp(self):
                names = "os.makedirs os.open os.write os.link os.getpid os.path.exists time.gmtime"
                for name in names.split():
                    patch = mock.patch(name)
                    setattr(self, name, patch.start())
                    self.addCleanup(patch.stop)
                patch = mock.patch("sys._getframe")
                patch.start()
                self.addCleanup(patch.stop)
            def tearDown(self):
                for name, used in vars(self).items():
                    if name.startswith("os."):
                        used.assert_not_called()
            def test_fails(self):
                self.fail()

        class Own(unittest.TestCase):
            def test_result(self):
                try:
                    1 / 0
                except ZeroDivisionError:
                    unittest.TestResult().addError(self, sys.exc_info())
            def test_thread(self):
                inner = type("Inner", (unittest.TestCase,), {"test": fails})("test")
                thread = threading.Thread(target=inner.run, args=(unittest.TestResult(),))
                thread.start()
                thread.join()
            def test_caller(self):
                self.assertEqual(sys._getframe(1).f_globals["__name__"], "unittest.case")
            def test_shared_1(self):
                raise ERROR
            def test_shared_2(self):
                raise ERROR
            @unittest.expectedFailure
            @__import__("keeptrace").capture
            def test_expected(self):
                self.fail()

        unittest.main()
        """
    (tmp_path / "app.py").write_text(textwrap.dedent(program))
    without = commands.python("app.py", cwd=tmp_path)
    done = commands.keeptrace("run", "-d", "dumps", "app.py", cwd=tmp_path)
    outcome = r"FAILED \(.*\)"
    assert (
        re.findall(outcome, done.stderr)
        == re.findall(outcome, without.stderr)
        == ["FAILED (failures=1, errors=2, expected failures=1)"]
    )
    found = sorted(keeptrace.peek(path).context["test"] for path in (tmp_path / "dumps").glob("*.pkl.gz"))
    assert found == ["__main__.Own.test_shared_1", "__main__.Patched.test_fails"]
    assert "__main__.Own.test_shared_1, and 1 more\n" in done.stderr


def test_a_module_with_wrong_syntax_leaves_a_dump(tmp_path: pathlib.Path) -> None:
    (tmp_path / "test_broken.py").write_text("def broken(:\n")
    commands.keeptrace("run", "-d", "dumps", "-m", "unittest", "discover", cwd=tmp_path)
    (path,) = (tmp_path / "dumps").glob("*.pkl.gz")
    assert keeptrace.peek(path).exception == "SyntaxError"
