"""`pytest --keeptrace`: each failure leaves a dump, in the pytest and with the plugins that are installed.

KEEPTRACE_PYTEST names a folder with another pytest, and plugins, which then runs the suites here.
"""

from __future__ import annotations

import collections
import importlib.util
import json
import os
import pathlib
import re
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING

import commands
import interpreters
import pytest

import keeptrace

if TYPE_CHECKING:
    import subprocess

OTHER = os.environ.get("KEEPTRACE_PYTEST", "")
PRICES = """\
prices = {"pens": 2}


def total(cart):
    return sum(prices[name] * count for name, count in cart.items())
"""
COLLECTED = {
    "test_syntax.py": "def broken(:\n",
    "test_import.py": "import not_there_at_all\n",
    "test_name.py": "limit = 5\nnot_defined\n",
}
FAILING = interpreters.CHECKOUT / "tests" / "samples" / "failing.py"
FAILURES = collections.Counter(
    {
        ("test_syntax.py", "collect"): 1,
        ("test_import.py", "collect"): 1,
        ("test_name.py", "collect"): 1,
        ("test_assertion", "call"): 1,
        ("test_error", "call"): 1,
        ("test_parameters[1-red]", "call"): 1,
        ("test_parameters[2-colour1]", "call"): 1,
        ("test_set_up", "setup"): 1,
        ("test_teardown", "teardown"): 1,
        ("test_shared", "setup"): 1,
        ("test_fails", "call"): 1,
        ("test_does_not_raise", "call"): 1,
        ("test_no_such_fixture", "setup"): 1,
        ("test_hidden", "call"): 1,
        ("test_chain", "call"): 1,
        ("test_loop", "call"): 2,
        ("TestCase::test_equal", "call"): 1,
        ("TestCase::test_loop", "call"): 1,
        ("TestClassSetUp::test_never", "setup"): 1,
        ("TestAsync::test_later", "call"): 1,
    }
)
STACK = """\
import gzip, json, pickle, sys
frames, tb = [], pickle.load(gzip.open(sys.argv[1])).__traceback__
outer = tb.tb_frame.f_back
while outer:
    frames.insert(0, "outside:" + outer.f_code.co_name)
    outer = outer.f_back
while tb:
    frames.append(tb.tb_frame.f_code.co_name)
    tb = tb.tb_next
print(json.dumps(frames))
"""
ONE = "def test_one():\n    basket = ['pen']\n    assert len(basket) == 2\n"


def has(module: str) -> bool:
    """Tell whether the pytest that is tested has a plugin."""
    return bool(list(pathlib.Path(OTHER).glob(f"{module}*"))) if OTHER else importlib.util.find_spec(module) is not None


def run_pytest(folder: pathlib.Path, *options: str, **more: str) -> subprocess.CompletedProcess[str]:
    path = interpreters.keeptrace_importable()["PYTHONPATH"]
    given = {"PYTHONPATH": os.pathsep.join(filter(None, [path, OTHER])), "PYTEST_ADDOPTS": "", **more}
    quiet = ["-p", "no:cacheprovider", "-p", "no:asyncio", "--tb=no", "-q", "--no-header"]
    return commands.run([sys.executable, "-m", "pytest", *quiet, *options], folder, **given)


def suite(folder: pathlib.Path, **files: str) -> pathlib.Path:
    """Write a suite of its own, which no configuration above it concerns."""
    folder.mkdir(exist_ok=True)
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
    return folder


def dumps(folder: pathlib.Path) -> list[pathlib.Path]:
    return sorted(folder.glob("*.pkl.gz"), key=lambda path: keeptrace.peek(path).time)


def dump_of(folder: pathlib.Path, test: str) -> pathlib.Path:
    """Return the first dump of a test that a suite has left."""
    return next(path for path in dumps(folder / "crashes") if keeptrace.peek(path).context["test"].endswith(test))


def failures(folder: pathlib.Path) -> collections.Counter[tuple[str, str]]:
    """Return which tests left how many dumps in which phase."""
    contexts = [keeptrace.peek(path).context for path in dumps(folder)]
    return collections.Counter(
        (context["test"].partition("test_failing.py::")[2] or context["test"], context["phase"]) for context in contexts
    )


def stack(folder: pathlib.Path, test: str) -> list[str]:
    """Return the functions of the crash that stock pickle opens where nothing is installed, outermost first."""
    path = dump_of(folder, test)
    found: list[str] = json.loads(interpreters.run([sys.executable, "-I", "-S", "-c", STACK, str(path)], cwd=folder))
    return found


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    folder = suite(tmp_path_factory.mktemp("failing"), prices=PRICES)
    shutil.copy(FAILING, folder / "test_failing.py")
    for name, text in COLLECTED.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def ran(failing: pathlib.Path) -> subprocess.CompletedProcess[str]:
    """One run of a suite that fails in every way."""
    return run_pytest(failing, "--keeptrace", "--continue-on-collection-errors", "--junitxml=report.xml")


def test_each_failure_leaves_one_dump(failing: pathlib.Path, ran: subprocess.CompletedProcess[str]) -> None:
    """Tests, fixtures (one that several tests share, once), subtests, what cannot be collected; nothing twice."""
    assert (failures(failing / "crashes"), ran.stderr) == (FAILURES, "")


def test_the_outcome_stays(failing: pathlib.Path, ran: subprocess.CompletedProcess[str]) -> None:
    without = run_pytest(failing, "--continue-on-collection-errors")

    def told(done: subprocess.CompletedProcess[str]) -> list[str]:
        return [
            re.sub(r" in [\d.]+s", "", line) for line in done.stdout.splitlines() if "FAILED" in line or " in " in line
        ]

    assert (ran.returncode, told(ran)) == (without.returncode, told(without))


def test_the_summary_says_how_to_open_each(failing: pathlib.Path, ran: subprocess.CompletedProcess[str]) -> None:
    """As it can be pasted; a dump that several tests share is there once."""
    lines = ran.stdout.splitlines()
    opening = [line.split() for line in lines if line.startswith("    keeptrace debug ")]
    assert sorted(failing / words[2] for words in opening) == sorted(dumps(failing / "crashes"))
    shared = next(line for line in lines if line.startswith("test_failing.py::test_shared"))
    assert shared == "test_failing.py::test_shared, and 1 more"
    assert "test_failing.py::test_loop (number=0)" in lines
    debugged = commands.keeptrace(*opening[3][1:], cwd=failing, stdin="p cart\nq\n")
    assert "{'pens': 3}" in debugged.stdout


def test_the_dump_shows_the_variable_and_the_test(failing: pathlib.Path, ran: object) -> None:
    listed = commands.keeptrace("list", "--where", "test=test_parameters", "--json", cwd=failing)
    assert [each["dumps"] for each in json.loads(listed.stdout)] == [2]
    shown = commands.keeptrace("show", str(dump_of(failing, "test_assertion")), cwd=failing).stdout
    assert "cart = {'pens': 3}" in shown
    assert "about  kind=test, test=test_failing.py::test_assertion, phase=call" in shown
    assert "AssertionError: the sum\nassert 6 == 4\n +  where 6 = " in shown
    assert "@py" not in shown


def test_parameters_are_facts(failing: pathlib.Path, ran: object) -> None:
    """As they are where they are plain, else by their types: no repr() runs."""
    context = keeptrace.peek(dump_of(failing, "test_parameters[2-colour1]")).context
    assert {name: value for name, value in context.items() if "." in name} == {
        "parameters.number": 2,
        "parameters.colour": "<object>",
    }


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        ("test_assertion", ["test_assertion"]),
        ("test_error", ["test_error", "total", "<genexpr>"]),
        ("test_set_up", ["breaks"]),
        ("test_teardown", ["breaks_later"]),
        ("test_fails", ["test_fails"]),
        ("test_hidden", ["test_hidden"]),
        ("TestCase::test_equal", ["test_equal"]),
        ("TestClassSetUp::test_never", ["setUpClass"]),
        ("TestAsync::test_later", ["test_later"]),
        ("test_loop", ["test_loop"]),
        ("test_name.py", ["<module>"]),
    ],
)
def test_frames_of_pytest_are_left_out(failing: pathlib.Path, ran: object, test: str, expected: list[str]) -> None:
    assert stack(failing, test) == expected


@pytest.mark.parametrize("test", ["test_assertion", "test_set_up", "TestCase::test_equal", "TestAsync::test_later"])
def test_dumps_of_small_tests_are_small(failing: pathlib.Path, ran: object, test: str) -> None:
    assert dump_of(failing, test).stat().st_size < 40_000


def test_junit_names_the_dumps(failing: pathlib.Path, ran: object) -> None:
    found = re.findall(r'<property name="keeptrace" value="([^"]*)"', (failing / "report.xml").read_text())
    tests = {path for path in dumps(failing / "crashes") if keeptrace.peek(path).context["phase"] != "collect"}
    assert {pathlib.Path(path) for path in found} == tests


def test_workers_tell_the_controller(failing: pathlib.Path) -> None:
    """Each failure leaves one dump here too, though every worker collects all; the summary has them all."""
    done = run_pytest(failing, "--keeptrace=of workers", "--continue-on-collection-errors", "-n2")
    folder = failing / "of workers"
    found = failures(folder)
    found.subtract(collections.Counter([("test_shared", "setup"), ("test_shared_too", "setup")]) & found)
    expected = FAILURES - collections.Counter([("test_shared", "setup")])
    assert +found == expected
    assert done.stdout.count("    keeptrace debug 'of workers/") == len(dumps(folder))


def test_what_is_not_asked_for_does_nothing(tmp_path: pathlib.Path) -> None:
    """It imports itself and what `import keeptrace` does, and leaves no dump."""
    conftest = """\
        import sys
        def pytest_unconfigure():
            print(sorted(name for name in sys.modules if name.startswith("keeptrace")))
        """
    suite(tmp_path, conftest=conftest, test_one=ONE)
    done = run_pytest(tmp_path)
    names = ["keeptrace", "keeptrace.integrations", "keeptrace.integrations.pytest", "keeptrace.light"]
    assert done.stdout.splitlines()[-1] == str([*names, "keeptrace.mocks", "keeptrace.reducers", "keeptrace.version"])
    assert [path for path in tmp_path.rglob("*") if "keeptrace" in path.name or "crashes" in path.name] == []


@pytest.mark.parametrize(
    ("options", "variables", "folder"),
    [
        (["--keeptrace", "test_one.py"], {}, "crashes"),
        (["test_one.py", "--keeptrace"], {"KEEPTRACE_DIR": "from the environment"}, "from the environment"),
        (["--keeptrace=given", "test_one.py"], {"KEEPTRACE_DIR": "from the environment"}, "given"),
        (["test_one.py"], {"PYTEST_ADDOPTS": "--keeptrace"}, "crashes"),
    ],
)
def test_the_folder(tmp_path: pathlib.Path, options: list[str], variables: dict[str, str], folder: str) -> None:
    """The word after --keeptrace is a test, not the folder."""
    suite(tmp_path, test_one=ONE, test_other="def test_other():\n    assert 0\n")
    run_pytest(tmp_path, *options, **variables)
    assert [keeptrace.peek(path).context["test"] for path in dumps(tmp_path / folder)] == ["test_one.py::test_one"]


def test_all_frames_are_kept_where_that_is_asked_for(tmp_path: pathlib.Path) -> None:
    hidden = "def check():\n    __tracebackhide__ = True\n    raise ValueError\ndef test_one():\n    check()\n"
    suite(tmp_path, test_one=hidden)
    run_pytest(tmp_path, "--keeptrace", "--keeptrace-all-frames")
    found = stack(tmp_path, "test_one")
    assert found[-2:] == ["test_one", "check"]
    assert {"pytest_pyfunc_call", "outside:<module>"} <= set(found)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: pathlib.Path) -> None:
    suite(tmp_path, test_one=ONE)
    (tmp_path / "taken").write_text("")
    done = run_pytest(tmp_path, "--keeptrace=taken/here")
    assert re.search(r"test_one.py::test_one\n    keeptrace: cannot dump the crash: .*taken", done.stdout)
    assert "1 failed" in done.stdout


def test_many_tests_that_fail_alike_leave_a_dump_each(tmp_path: pathlib.Path) -> None:
    """More than a folder keeps of one bug, and than are written in a minute elsewhere."""
    program = """\
        import pytest
        @pytest.mark.parametrize("number", range(70))
        def test_one(number):
            assert number < 0
        """
    suite(tmp_path, test_one=program)
    run_pytest(tmp_path, "--keeptrace")
    found = [keeptrace.peek(path).context["parameters.number"] for path in dumps(tmp_path / "crashes")]
    assert sorted(found) == list(range(70))


def test_what_was_dumped_in_the_test_is_not_dumped_again(tmp_path: pathlib.Path) -> None:
    program = """\
        import keeptrace
        def test_one():
            with keeptrace.capture(directory="own"):
                raise ValueError
        """
    suite(tmp_path, test_one=program)
    done = run_pytest(tmp_path, "--keeptrace")
    (path,) = dumps(tmp_path / "own")
    assert not (tmp_path / "crashes").exists()
    assert f"keeptrace debug own/{path.name}" in done.stdout


def test_options_are_those_of_init_and_hook(tmp_path: pathlib.Path) -> None:
    conftest = """\
        import keeptrace
        keeptrace.init(depth=0)
        keeptrace.hook(note="of the hook", on_dump=lambda path, header: print("told of", header.exception))
        """
    suite(tmp_path, conftest=conftest, test_one=ONE)
    done = run_pytest(tmp_path, "--keeptrace", "-s")
    (path,) = dumps(tmp_path / "crashes")
    assert keeptrace.peek(path).note == "of the hook"
    assert "told of AssertionError" in done.stdout
    shown = commands.keeptrace("show", str(path), "--json", cwd=tmp_path).stdout
    assert json.loads(shown)["exceptions"][0]["frames"][0]["variables"] in ([], {})


def test_keeptrace_may_be_imported_before_pytest(tmp_path: pathlib.Path) -> None:
    """Pytest would warn of a plugin's package that it can no longer rewrite."""
    suite(tmp_path, test_one=ONE)
    environment = {"PYTHONPATH": os.pathsep.join([interpreters.keeptrace_importable()["PYTHONPATH"], OTHER])}
    done = commands.run(
        [sys.executable, "-m", "keeptrace", "run", "-m", "pytest", "-W", "error", "-p", "no:asyncio", "--keeptrace"],
        tmp_path,
        **environment,
    )
    assert (done.stderr, len(dumps(tmp_path / "crashes"))) == ("", 1)


def test_the_causes_of_doctests_are_dumped(tmp_path: pathlib.Path) -> None:
    program = '''\
        def half(number):
            """
            >>> half(None)
            2
            """
            return number / 2
        '''
    suite(tmp_path, halves=program)
    run_pytest(tmp_path, "--keeptrace", "--doctest-modules", "halves.py")
    assert stack(tmp_path, "halves.half")[-1] == "half"


def test_conftests_above_stay_unread(tmp_path: pathlib.Path) -> None:
    """Pytest looks for them no higher than where its configuration is."""
    (tmp_path / "conftest.py").write_text("raise RuntimeError")
    inner = suite(tmp_path / "inner", test_one=ONE)
    assert "1 failed" in run_pytest(inner, "--keeptrace").stdout


def test_options_in_a_file(tmp_path: pathlib.Path) -> None:
    suite(tmp_path, test_one=ONE, test_other=ONE)
    (tmp_path / "options.txt").write_text("--keeptrace\ntest_one.py\n")
    run_pytest(tmp_path, "@options.txt")
    assert [keeptrace.peek(path).context["test"] for path in dumps(tmp_path / "crashes")] == ["test_one.py::test_one"]


def test_tests_that_go_elsewhere(tmp_path: pathlib.Path) -> None:
    """Into another folder, and into one that is gone: the commands are for where pytest was started."""
    program = """\
        import os, tempfile
        def test_up():
            os.chdir("/")
            assert 0
        def test_gone():
            folder = tempfile.mkdtemp()
            os.chdir(folder)
            os.rmdir(folder)
            assert 0
        def test_after():
            pass
        """
    suite(tmp_path, test_one=program)
    done = run_pytest(tmp_path, "--keeptrace")
    found = re.findall("keeptrace debug (crashes/.*)", done.stdout)
    assert [tmp_path / path for path in found] == dumps(tmp_path / "crashes")
    assert "2 failed, 1 passed" in done.stdout


PATCHES = {
    "exists": "monkeypatch.setattr(os.path, 'exists', lambda path: True)",
    "makedirs": "monkeypatch.setattr(os, 'makedirs', lambda *args, **more: None)",
    "scandir": "monkeypatch.setattr(os, 'scandir', lambda *args: [])",
    "open": "monkeypatch.setattr(builtins, 'open', broken)",
    "os.open": "monkeypatch.setattr(os, 'open', broken)",
    "imports": "monkeypatch.setattr(sys, 'meta_path', []); monkeypatch.setattr(sys, 'path', [])",
    "time": "monkeypatch.setattr(time, 'time', lambda: 0)",
    "gmtime": "monkeypatch.setattr(time, 'gmtime', broken)",
    "lstat": "monkeypatch.setattr(os, 'lstat', broken)",
}


def test_tests_that_replace_what_writes_a_dump(tmp_path: pathlib.Path) -> None:
    """Their patches are not asked; the clock is the real one."""
    tests = [
        f"def test_{number}(monkeypatch):\n    {patch}\n    assert 0\n" for number, patch in enumerate(PATCHES.values())
    ]
    broken = "def broken(*args, **more):\n    raise ZeroDivisionError\n"
    suite(tmp_path, test_one="import builtins, os, sys, time\n" + broken + "".join(tests))
    done = run_pytest(tmp_path, "--keeptrace")
    found = [keeptrace.peek(path) for path in dumps(tmp_path / "crashes")]
    assert sorted(header.context["test"] for header in found) == [f"test_one.py::test_{n}" for n in range(len(PATCHES))]
    assert [header.time for header in found if header.time < "2020"] == []
    assert done.stdout.count("keeptrace debug crashes/") == len(PATCHES)


def test_an_exception_that_several_tests_raise_is_dumped_for_each(tmp_path: pathlib.Path) -> None:
    program = """\
        ERROR = ValueError()
        def test_one():
            own = 1
            raise ERROR
        def test_two():
            own = 2
            raise ERROR
        """
    suite(tmp_path, test_one=program)
    run_pytest(tmp_path, "--keeptrace")
    found = [keeptrace.peek(path).context["test"] for path in dumps(tmp_path / "crashes")]
    assert found == ["test_one.py::test_one", "test_one.py::test_two"]


def test_a_namespace_of_the_applications_own_is_not_asked(tmp_path: pathlib.Path) -> None:
    program = """\
        class Names(dict):
            def get(self, *args):
                raise RuntimeError
        class Meta(type):
            __prepare__ = classmethod(lambda cls, name, bases: Names())
        def test_class():
            class Broken(metaclass=Meta):
                1 / 0
        """
    suite(tmp_path, test_one=program)
    run_pytest(tmp_path, "--keeptrace")
    assert stack(tmp_path, "test_class") == ["test_class", "Broken"]


def test_an_exception_that_cannot_be_looked_at_is_said(tmp_path: pathlib.Path) -> None:
    """The run goes on."""
    program = """\
        class Strange(Exception):
            @property
            def __traceback__(self):
                raise RuntimeError("not to be seen")
        def test_one():
            raise Strange
        def test_two():
            pass
        """
    suite(tmp_path, test_one=program)
    without, done = run_pytest(tmp_path), run_pytest(tmp_path, "--keeptrace")
    assert done.returncode == without.returncode
    assert ("INTERNALERROR" in done.stdout) == ("INTERNALERROR" in without.stdout)


def test_a_run_makes_room_for_its_dumps(tmp_path: pathlib.Path) -> None:
    """Of earlier runs' the oldest go, though each is the only one of its bug."""
    program = "".join(f"def test_{number}():\n    assert 0\n" for number in range(8))
    suite(tmp_path, test_one=program)
    fewer = "import keeptrace.integrations.outcomes as outcomes\noutcomes.DUMPS = 4\n"
    (tmp_path / "conftest.py").write_text(fewer)
    run_pytest(tmp_path, "--keeptrace")
    run_pytest(tmp_path, "--keeptrace", "-k", "test_0 or test_1")
    names = [keeptrace.peek(path).context["test"][-6:] for path in dumps(tmp_path / "crashes")]
    assert names == [f"test_{number}" for number in (4, 5, 6, 7, 0, 1)]


@pytest.mark.skipif(not has("pytest_rerunfailures"), reason="pytest-rerunfailures is not installed")
def test_each_attempt_leaves_a_dump(tmp_path: pathlib.Path) -> None:
    program = "tries = []\ndef test_one():\n    tries.append(1)\n    assert len(tries) == 3\n"
    suite(tmp_path, test_one=program)
    done = run_pytest(tmp_path, "--keeptrace", "--reruns=2")
    contexts = [keeptrace.peek(path).context for path in dumps(tmp_path / "crashes")]
    assert [context.get("attempt", 1) for context in contexts] == [1, 2]
    assert done.stdout.count("test_one.py::test_one (rerun)") == 2
    assert "1 passed" in done.stdout


@pytest.mark.skipif(not has("pytest_asyncio"), reason="pytest-asyncio is not installed")
def test_asynchronous_tests(tmp_path: pathlib.Path) -> None:
    program = """\
        import asyncio, pytest
        async def work():
            await asyncio.sleep(0)
            raise ValueError
        @pytest.mark.asyncio
        async def test_one():
            value = 5
            await asyncio.create_task(work())
        """
    suite(tmp_path, test_one=program)
    run_pytest(tmp_path, "--keeptrace", "-p", "asyncio", "-W", "ignore")
    found = stack(tmp_path, "test_one")
    assert (found[0], found[-1]) == ("test_one", "work")


@pytest.mark.skipif(not has("pytest_html"), reason="pytest-html is not installed")
def test_the_page_of_pytest_html_links_the_dump(tmp_path: pathlib.Path) -> None:
    suite(tmp_path, test_one=ONE)
    run_pytest(tmp_path, "--keeptrace", "--html=pages/report.html")
    (path,) = dumps(tmp_path / "crashes")
    page = (tmp_path / "pages" / "report.html").read_text(encoding="utf-8")
    assert "keeptrace dump" in page
    assert f"../crashes/{path.name}" in page


def test_the_page_in_the_docs_says_what_happens(tmp_path: pathlib.Path) -> None:
    """Its programs and commands, in their order; what they print has the lines that the page shows."""
    page = (interpreters.CHECKOUT / "docs" / "pytest.md").read_text(encoding="utf-8")
    program, conftest = re.findall(r"^```python\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    suite(tmp_path, test_shop=program)
    (console,) = re.findall(r"^```console\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    outputs = ""
    for command in re.findall(r"^\$ (.*)$", console, flags=re.MULTILINE):
        name, *words = command.split()
        done = run_pytest(tmp_path, *words) if name == "pytest" else commands.keeptrace(*words, cwd=tmp_path)
        outputs += done.stdout
    shown = [line for line in console.splitlines() if line[:1] not in "$=…" and "crashes/" not in line]
    assert [line for line in shown if line not in outputs] == []
    assert "1 failed, 1 passed" in outputs
    suite(tmp_path, conftest=conftest)
    assert "failed: test_shop.py::test_total[ink]" in run_pytest(tmp_path, "--keeptrace", "-s").stdout


@pytest.mark.parametrize("autoload", ["", "1"])
def test_it_can_be_named(tmp_path: pathlib.Path, autoload: str) -> None:
    """Where plugins are loaded by themselves, and where they are not."""
    suite(tmp_path, test_one=ONE)
    run_pytest(tmp_path, "-p", "keeptrace", "--keeptrace", "test_one.py", PYTEST_DISABLE_PLUGIN_AUTOLOAD=autoload)
    assert len(dumps(tmp_path / "crashes")) == 1
