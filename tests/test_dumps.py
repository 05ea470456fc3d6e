"""dump, dumps and peek: what a dump file holds, how it is written, and what happens where it cannot be."""

from __future__ import annotations

import copyreg
import functools
import gc
import gzip
import io
import json
import os
import pickle
import re
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any

import interpreters
import pytest

import keeptrace
from keeptrace import system
from keeptrace.files import header, packing, writing

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Callable

pytestmark = pytest.mark.live_stack


class OrderError(Exception):
    """An application's own exception."""


def place_order(count: int) -> float:
    basket = {"pens": count}
    return 1 / basket["pens"]


def crash() -> OrderError:
    """Return an exception with a cause, as a program that catches it has it."""
    try:
        try:
            place_order(0)
        except ZeroDivisionError as error:
            raise OrderError("no pens") from error
    except OrderError as error:
        return error
    raise AssertionError


def stock(data: bytes) -> Any:
    return pickle.load(gzip.open(io.BytesIO(data)))


def text(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


# -- what is dumped ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("collecting", [True, False])
def test_the_garbage_collector_rests_meanwhile(monkeypatch: pytest.MonkeyPatch, collecting: bool) -> None:
    """It would look through the whole dump just before that is gone; then it is as it was."""
    error, packed = crash(), packing.packed
    found: list[bool] = []

    def noted(*arguments: Any) -> Any:
        found.append(gc.isenabled())
        return packed(*arguments)

    monkeypatch.setattr(packing, "packed", noted)
    (gc.enable if collecting else gc.disable)()
    try:
        keeptrace.dumps(error)
        found.append(gc.isenabled())
    finally:
        gc.enable()
    assert found == [False, collecting]


@pytest.mark.parametrize("opened", [keeptrace.load, stock])
def test_an_exception_comes_back(opened: Callable[[bytes], Any]) -> None:
    """By keeptrace.load and by stock pickle: the same printed text, and the variables."""
    error = crash()
    loaded = opened(keeptrace.dumps(error))
    assert text(loaded) == text(error)
    assert loaded.__cause__.__traceback__.tb_next.tb_frame.f_locals["basket"] == {"pens": 0}


def test_a_traceback_comes_back() -> None:
    """A traceback is dumped as one."""
    found = crash().__traceback__
    assert traceback.format_tb(keeptrace.load(keeptrace.dumps(found))) == traceback.format_tb(found)


@pytest.mark.parametrize("opened", [keeptrace.load, stock])
def test_exc_info_comes_back_as_one(opened: Callable[[bytes], Any]) -> None:
    """The class is the exception's, and the traceback its own."""
    error = crash()
    cls, loaded, found = opened(keeptrace.dumps((type(error), error, error.__traceback__)))
    assert (cls is type(loaded), found is loaded.__traceback__, cls.__name__) == (True, True, "OrderError")


def test_nothing_means_the_exception_being_handled() -> None:
    """In an except block, dump() needs no argument."""
    try:
        place_order(0)
    except ZeroDivisionError:
        data = keeptrace.dumps()
    assert str(keeptrace.load(data)) == "division by zero"


def test_nothing_outside_a_handler_means_the_live_stack() -> None:
    """Elsewhere it is the caller's stack: a traceback that ends at the call."""
    basket = "pens"
    found = keeptrace.load(keeptrace.dumps())
    lines = traceback.extract_tb(found)
    while found.tb_next:
        found = found.tb_next
    assert (lines[-1].name, found.tb_frame.f_locals["basket"]) == (sys._getframe().f_code.co_name, basket)


def test_a_frame_becomes_its_live_stack() -> None:
    """A frame is dumped with all frames outside it."""
    frame = sys._getframe()
    depth = len(traceback.extract_stack(frame))
    found = traceback.extract_tb(keeptrace.load(keeptrace.dumps(frame)))
    assert (len(found), found[-1].name) == (depth, frame.f_code.co_name)


@pytest.mark.parametrize("opened", [keeptrace.load, stock])
def test_other_threads_come_along(opened: Callable[[bytes], Any]) -> None:
    """threads=True adds every other thread's stack, by name."""
    go_on = threading.Event()

    def wait_for_paper() -> None:
        go_on.wait()

    waiting = [threading.Thread(target=wait_for_paper, name="printer") for _ in range(2)]
    for thread in waiting:
        thread.start()
    try:
        data = keeptrace.dumps(crash(), threads=True, depth=0)
    finally:
        go_on.set()
        for thread in waiting:
            thread.join()
    loaded = opened(data)
    stacks = {name: [line.name for line in traceback.extract_tb(tb)] for name, tb in loaded["threads"].items()}
    assert (str(loaded["crash"]), {"printer", "printer #2"} <= set(stacks)) == ("no pens", True)
    assert "wait_for_paper" in stacks["printer"]
    assert "wait_for_paper" in stacks["printer #2"]


NAMED_HERE = """\
import functools, sys, threading
import keeptrace

ready, go_on = threading.Event(), threading.Event()

def hold():
    held = functools.partial(print, "paper")
    ready.set()
    go_on.wait()
    return held

def fail():
    kind = functools.partial
    kind()

thread = threading.Thread(target=hold, name="holder")
thread.start()
ready.wait()
try:
    fail()
except TypeError as error:
    keeptrace.dump(error, sys.argv[1], threads=True)
go_on.set()
thread.join()
"""


@pytest.mark.parametrize("opened", [keeptrace.load, stock])
def test_a_class_named_here_has_an_instance_there(opened: Callable[[bytes], Any], tmp_path: pathlib.Path) -> None:
    """A class that the crash only names is opened for its instance in another thread: both stacks load."""
    interpreters.record(NAMED_HERE, tmp_path / "crash.pkl.gz")
    data = (tmp_path / "crash.pkl.gz").read_bytes()
    found = opened(data)["threads"]["holder"]
    frames = [frame for frame, _ in traceback.walk_tb(found) if frame.f_code.co_name == "hold"]
    assert repr(frames[0].f_locals["held"]).startswith("partial(")


@pytest.mark.parametrize("opened", [keeptrace.load, pickle.loads])
def test_a_class_named_by_one_crash_has_an_instance_in_the_next(opened: Callable[[bytes], Any]) -> None:
    """It derives from a class of the standard library that can make no instances without more: both crashes load."""

    class Late(functools.partial[Any]):
        def call(self) -> None: ...

    def name() -> None:
        kind = Late
        kind()  # type: ignore[call-arg]

    def hold() -> None:
        held = Late(print, "paper")
        held(end=5)

    def caught(function: Callable[[], None]) -> BaseException:
        try:
            function()
        except TypeError as error:
            return error
        raise AssertionError

    keeptrace.init()
    try:
        data = pickle.dumps([caught(name), caught(hold)])
    finally:
        keeptrace.uninit()
    held = opened(data)[1].__traceback__.tb_next.tb_frame.f_locals["held"]
    assert "Late(func=<built-in function print>, args=('paper',)" in repr(held)
    assert callable(held.call)


def test_no_code_of_what_is_dumped_decides() -> None:
    """Neither whether an exception is true, nor what a wrong argument says that it equals."""

    class Falsy(Exception):
        def __bool__(self) -> bool:
            raise AssertionError

    class Odd:
        def __eq__(self, other: object) -> bool:
            raise AssertionError

        __hash__ = None  # type: ignore[assignment]

    def fail() -> None:
        raise Falsy("empty")

    try:
        fail()
    except Falsy:
        data = keeptrace.dumps()
    assert str(keeptrace.load(data)) == "empty"
    with pytest.raises(TypeError, match="<Odd>"):
        keeptrace.dumps(Odd())


@pytest.mark.parametrize("what", [5, "text", (1, 2, 3), (None, None, None), object(), [1]])
def test_anything_else_is_refused(what: Any) -> None:
    """What is no crash is a TypeError that says what is expected."""
    expected = "an exception, a traceback, a frame, sys.exc_info() or None is expected"
    with pytest.raises(TypeError, match=re.escape(expected)):
        keeptrace.dumps(what)


def test_a_path_in_the_place_of_what_is_dumped(tmp_path: pathlib.Path) -> None:
    """The message says where it goes."""
    with pytest.raises(TypeError, match="is expected; the file's path is the second argument"):
        keeptrace.dump(str(tmp_path / "crash.pkl.gz"))


def test_the_exception_is_left_as_it_was() -> None:
    """Dumping changes nothing of what it dumps."""
    error = crash()
    before = (error.__traceback__, error.__cause__, error.__context__, dict(vars(error)), text(error))
    keeptrace.dumps(error)
    assert (error.__traceback__, error.__cause__, error.__context__, dict(vars(error)), text(error)) == before


# -- options ----------------------------------------------------------------------------------------------------------


def test_no_reducer_is_registered() -> None:
    """Nothing global changes, with and without init()."""
    before = dict(copyreg.dispatch_table)
    keeptrace.dumps(crash())
    assert copyreg.dispatch_table == before
    keeptrace.init()
    before = dict(copyreg.dispatch_table)
    keeptrace.dumps(crash())
    assert copyreg.dispatch_table == before


def basket_of(data: bytes) -> Any:
    return keeptrace.load(data).__cause__.__traceback__.tb_next.tb_frame.f_locals.get("basket", "nothing")


def test_options_are_those_given_else_init_s_else_the_defaults() -> None:
    """An option given with the call holds for that call."""
    error = crash()
    by_default = basket_of(keeptrace.dumps(error))
    keeptrace.init(depth=0)
    as_init_says = basket_of(keeptrace.dumps(error))
    as_asked = basket_of(keeptrace.dumps(error, depth=2))
    assert (by_default, as_init_says, as_asked) == ({"pens": 0}, "nothing", {"pens": 0})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"depth": "3"}, "dumps(depth='3'): an integer is expected, -1 for no limit"),
        ({"redact": None}, "dumps(redact=None): True, False or a keeptrace.Redactor is expected"),
        ({"note": 5}, "dumps(note=5): a text or None is expected"),
        ({"threads": 1}, "dumps(threads=1): True or False is expected"),
        (
            {"dept": 3},
            "dumps(dept=...): there is no such option; there are pickler, depth, include_source, reprs, limits, redact",
        ),
    ],
)
def test_wrong_options_say_so(options: dict[str, Any], message: str) -> None:
    """The message names the function, the option, what was given and what is expected."""
    with pytest.raises(TypeError) as caught:
        keeptrace.dumps(crash(), **options)
    assert str(caught.value) == message


def test_threads_dump_with_options_of_their_own() -> None:
    """Two threads that dump at once do not take each other's options."""
    found: dict[int, set[Any]] = {0: set(), 2: set()}

    def dump_often(depth: int) -> None:
        for _ in range(20):
            found[depth].add(str(basket_of(keeptrace.dumps(crash(), depth=depth, include_source=False))))

    threads = [threading.Thread(target=dump_often, args=(depth,)) for depth in found]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {0: {"nothing"}, 2: {"{'pens': 0}"}}


# -- files ------------------------------------------------------------------------------------------------------------


def test_a_file_is_private_and_named_after_the_crash(tmp_path: pathlib.Path) -> None:
    """Default name: exception, fingerprint, UTC time, pid; readable by the user alone."""
    path = keeptrace.dump(crash(), directory=tmp_path)
    pattern = rf"OrderError-[0-9a-f]{{16}}-\d{{8}}T\d{{6}}\.\d{{6}}Z-{os.getpid()}\.pkl\.gz"
    assert re.fullmatch(pattern, path.name)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("unnamed", [True, False], ids=["unnamed file", "temporary file"])
def test_nothing_is_overwritten(tmp_path: pathlib.Path, unnamed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a name is taken, a number is added."""
    if not unnamed:
        monkeypatch.setattr(writing, "UNNAMED", 0)
    target = tmp_path / "crash.pkl.gz"
    target.write_text("mine")
    paths = [keeptrace.dump(crash(), target) for _ in range(2)]
    assert [path.name for path in paths] == ["crash-2.pkl.gz", "crash-3.pkl.gz"]
    assert target.read_text() == "mine"
    assert sorted(os.listdir(tmp_path)) == ["crash-2.pkl.gz", "crash-3.pkl.gz", "crash.pkl.gz"]
    assert str(keeptrace.load(paths[1])) == "no pens"


def test_many_dumps_of_one_name_cost_no_more_each(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash loop may write to one path: the names that are taken are not tried one by one."""
    target = tmp_path / "crash.pkl.gz"
    for number in range(1, 1001):
        (tmp_path / (f"crash-{number}.pkl.gz" if number > 1 else target.name)).touch()
    numbered = writing.numbered
    asked: list[int] = []

    def noted(path: str, number: int) -> str:
        asked.append(number)
        return numbered(path, number)

    monkeypatch.setattr(writing, "numbered", noted)
    assert keeptrace.dump(crash(), target).name == "crash-1001.pkl.gz"
    assert len(asked) < 25


@pytest.mark.slow
def test_dumps_of_one_name_at_once_are_all_there(tmp_path: pathlib.Path) -> None:
    error = crash()
    paths: list[pathlib.Path] = []

    def dump_often() -> None:
        paths.extend(keeptrace.dump(error, tmp_path / "crash.pkl.gz") for _ in range(10))

    threads = [threading.Thread(target=dump_often) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(paths)) == 40
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    assert {str(keeptrace.load(path)) for path in paths} == {"no pens"}


def test_a_file_system_without_links(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """FAT and some network folders know no links: the name is taken first."""

    def link(*_: Any, **__: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(writing, "UNNAMED", 0)
    monkeypatch.setattr(system.os, "link", link)
    (tmp_path / "crash.pkl.gz").touch()
    assert keeptrace.load(keeptrace.dump(crash(), tmp_path / "crash.pkl.gz")).args == ("no pens",)
    assert sorted(os.listdir(tmp_path)) == ["crash-2.pkl.gz", "crash.pkl.gz"]


def test_every_interpreter_opens_it_with_stock_pickle(tmp_path: pathlib.Path, python: str) -> None:
    """pickle.load(gzip.open(path)) is all it takes, nothing installed."""
    path = keeptrace.dump(crash(), tmp_path / "crash.pkl.gz", threads=True)
    (tmp_path / "name.pkl").write_bytes(pickle.dumps(str(path), 2))
    code = "import gzip; loaded = pickle.load(gzip.open(restored)); print(type(loaded['crash']), loaded['crash'])"
    assert interpreters.load(python, tmp_path / "name.pkl", code).split()[-2:] == ["no", "pens"]


FULL_DISK = """
import errno, os, sys
import keeptrace

try:
    held = os.urandom(20_000)
    sum(["pens"])
except TypeError as error:
    crash = error
written = []
try:
    while len(written) < 100:
        written.append(keeptrace.dump(crash, directory=sys.argv[1]).name)
except OSError as error:
    assert (error.errno, os.path.dirname(error.filename)) == (errno.ENOSPC, sys.argv[1]), error
    print(len(written), sorted(written) == sorted(os.listdir(sys.argv[1])), str(crash))
for name in written:
    assert keeptrace.load(os.path.join(sys.argv[1], name)).args == crash.args
"""


def test_a_disk_that_is_full(tmp_path: pathlib.Path) -> None:
    """The error says so and names the file; what was written before is whole, and nothing else is there."""
    mounting = ["unshare", "--map-root-user", "--mount", "sh", "-c"]
    if not shutil.which("unshare") or subprocess.call([*mounting, 'mount -t tmpfs none "$0"', str(tmp_path)]):
        pytest.skip("no file system of our own can be mounted here")
    script = 'mount -t tmpfs -o size=200k none "$0" && exec "$1" -c "$2" "$0"'
    command = [*mounting, script, str(tmp_path), sys.executable, FULL_DISK]
    count, *rest = interpreters.run(command, cwd=tmp_path, **interpreters.keeptrace_importable()).split()
    assert int(count) in range(2, 20)
    assert rest[0] == "True"
    assert os.listdir(tmp_path) == []


def test_path_and_directory_exclude_each_other(tmp_path: pathlib.Path) -> None:
    """A path names its folder itself."""
    with pytest.raises(TypeError, match="one of the two is expected"):
        keeptrace.dump(crash(), tmp_path / "x", directory=tmp_path)


@pytest.mark.parametrize("unnamed", [True, False], ids=["unnamed file", "temporary file"])
def test_a_vanished_folder(tmp_path: pathlib.Path, unnamed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is the system's, and names the path."""
    if not unnamed:
        monkeypatch.setattr(writing, "UNNAMED", 0)
    with pytest.raises(FileNotFoundError) as caught:
        keeptrace.dump(crash(), tmp_path / "gone" / "crash.pkl.gz")
    expected = f"[Errno 2] cannot write a dump: No such file or directory: '{tmp_path}/gone/crash.pkl.gz'"
    assert str(caught.value) == expected


@pytest.mark.parametrize("unnamed", [True, False], ids=["unnamed file", "temporary file"])
@pytest.mark.parametrize(
    "raised", [OSError(28, "No space left on device"), KeyboardInterrupt()], ids=["full", "ctrl-c"]
)
def test_a_failure_leaves_nothing(
    tmp_path: pathlib.Path, unnamed: bool, raised: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, or ctrl-c in the middle: no partial file, and the crash as it was."""
    if not unnamed:
        monkeypatch.setattr(writing, "UNNAMED", 0)
    write = os.write

    def write_a_little(descriptor: int, data: bytes) -> int:
        if len(data) < 3_000:
            raise raised
        return write(descriptor, bytes(data)[:1_000])

    error = crash()
    before = text(error)
    monkeypatch.setattr(system.os, "write", write_a_little)
    with pytest.raises(type(raised)) as caught:
        keeptrace.dump(error, tmp_path / "crash.pkl.gz")
    monkeypatch.undo()
    assert os.listdir(tmp_path) == []
    assert text(error) == before
    if isinstance(raised, OSError):
        assert str(tmp_path / "crash.pkl.gz") in str(caught.value)


def test_a_read_only_folder(tmp_path: pathlib.Path) -> None:
    """A folder in which nothing may be written (root may: then the folder is a file)."""
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o500)
    if os.access(folder, os.W_OK):
        folder.rmdir()
        folder.touch()
    with pytest.raises((PermissionError, NotADirectoryError), match=re.escape(str(folder / "crash.pkl.gz"))):
        keeptrace.dump(crash(), folder / "crash.pkl.gz")


KILLED = """\
import os, signal, sys
import keeptrace
from keeptrace import system
from keeptrace.files import writing
real = os.write
def write(descriptor, data):
    real(descriptor, bytes(data)[:100])
    print("written", flush=True)
    signal.pause()
system.os.write = write
try:
    1 / 0
except ZeroDivisionError as error:
    keeptrace.dump(error, directory=sys.argv[1])
"""


@pytest.mark.skipif(not writing.UNNAMED, reason="files without names are Linux's")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_process_leaves_nothing(tmp_path: pathlib.Path, number: int) -> None:
    """A signal that ends the process while it writes: the file never had a name."""
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    environment = {**os.environ, **interpreters.keeptrace_importable()}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"written\n"
        process.send_signal(number)
    assert os.listdir(tmp_path) == []


# -- the header -------------------------------------------------------------------------------------------------------


def test_peek_tells_what_is_in_a_file(tmp_path: pathlib.Path) -> None:
    """All the facts, without unpickling."""
    started = time.time()
    path = keeptrace.dump(crash(), directory=tmp_path, note="on the night shift")
    found = keeptrace.peek(path)
    assert (found.exception, found.message, found.note) == ("test_dumps.OrderError", "no pens", "on the night shift")
    assert (found.format, found.keeptrace, found.pid) == (1, keeptrace.__version__, os.getpid())
    assert (found.thread, found.threads, found.frames) == (threading.current_thread().name, 1, 1)
    assert found.python == ".".join(map(str, sys.version_info[:3]))
    assert found.argv == tuple(argument[:300] for argument in sys.argv)
    assert (found.host, found.file_bytes) == (os.uname().nodename, path.stat().st_size)
    assert found.pickle_bytes == len(gzip.decompress(path.read_bytes()))
    assert re.fullmatch(r"[0-9a-f]{16}", found.fingerprint)
    assert time.strftime("%Y-%m-%dT%H:%M", time.gmtime(started)) <= found.time[:16]
    assert found.objects > 5


def test_peek_reads_the_header_alone(tmp_path: pathlib.Path) -> None:
    """What follows the header may be gone."""
    path = keeptrace.dump(crash(), directory=tmp_path)
    data = path.read_bytes()
    length = 12 + int.from_bytes(data[10:12], "little")
    path.write_bytes(data[:length])
    assert keeptrace.peek(path).message == "no pens"


def test_the_header_is_redacted(monkeypatch: pytest.MonkeyPatch, tmp_path: pathlib.Path) -> None:
    """Secrets in the arguments, the note and the message are hidden as in the dump."""
    monkeypatch.setattr(
        sys, "argv", ["serve", "--password", "hunter2-hunter2", "--api-key=abcdef123456", "--port", "80"]
    )
    monkeypatch.setenv("SHOP_PASSWORD", "correct-horse-battery")
    error = ValueError("cannot log in with correct-horse-battery")
    path = keeptrace.dump(error, directory=tmp_path, note="it was correct-horse-battery")
    raw = path.read_bytes()[: 12 + 0xFFFF]
    found = keeptrace.peek(path)
    assert not any(secret in raw for secret in (b"hunter2", b"abcdef123456", b"correct-horse"))
    assert (found.argv[0], found.argv[-2:]) == ("serve", ("--port", "80"))
    assert found.message.startswith("cannot log in with <redacted")
    open_path = keeptrace.dump(error, directory=tmp_path, redact=False)
    assert keeptrace.peek(open_path).message == "cannot log in with correct-horse-battery"


def test_a_header_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the texts are, the header fits into the gzip field, and the file opens."""
    monkeypatch.setattr(sys, "argv", ["\U0001f600" * 1_000] * 1_000)
    data = keeptrace.dumps(ValueError("\U0001f600" * 100_000), note="\U0001f600" * 100_000)
    found = header.read_header(io.BytesIO(data), "x")
    assert found.exception == "ValueError"
    assert type(stock(data)).__name__ == "ValueError"


def test_what_a_header_holds_is_harmless(tmp_path: pathlib.Path) -> None:
    """A header from elsewhere prints no control characters, and has fields of the right types only."""
    extra = json.dumps(
        {"format": 1, "message": "\x1b[2Jboo", "argv": ["\x07", "a\nb"], "pid": "x", "frames": -1, "z": 1}
    )
    field = b"KT" + len(extra).to_bytes(2, "little") + extra.encode()
    path = tmp_path / "x"
    path.write_bytes(b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + len(field).to_bytes(2, "little") + field)
    found = keeptrace.peek(path)
    assert (found.message, found.argv, found.pid, found.frames) == ("\\x1b[2Jboo", ("\\x07", "a\\nb"), 0, 0)


def headed(extra: bytes) -> bytes:
    field = b"KT" + len(extra).to_bytes(2, "little") + extra
    return b"\x1f\x8b\x08\x04\0\0\0\0\0\xff" + len(field).to_bytes(2, "little") + field


def json_error(text: str) -> str:
    with pytest.raises((RecursionError, ValueError)) as caught:
        json.loads(text)
    return type(caught.value).__name__


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "it is empty"),
        (b"PK\x03\x04 and more", "this is no dump file"),
        (b"\x1f\x8b", "the file is cut short"),
        (gzip.compress(b"text", mtime=0), "it is gzip without one; keeptrace.dump() writes it"),
        (headed(b'{"format": 1}')[:-3], "the file is cut short"),
        (headed(b"{"), "it is corrupt (JSONDecodeError)"),
        (headed(b"[" * 60_000), f"it is corrupt ({json_error('[' * 60_000)})"),
        (headed(b'{"format": "1"}'), "it is corrupt (format '1')"),
        (headed(b'{"format": 2}'), "format 2 is newer than 1; read it with a newer keeptrace"),
    ],
)
def test_a_file_without_header_says_why(tmp_path: pathlib.Path, data: bytes, message: str) -> None:
    """The message names the file, and says which of the reasons it is."""
    path = tmp_path / "x"
    path.write_bytes(data)
    with pytest.raises(keeptrace.DumpError) as caught:
        keeptrace.peek(path)
    assert str(caught.value) == f"cannot read the header of {str(path)!r}: {message}"
