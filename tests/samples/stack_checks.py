"""What is asked about the objects of stack.py where they are loaded: each function returns what JSON can hold."""

import _thread
import builtins
import contextlib
import functools
import gc
import inspect
import io
import json
import linecache
import os
import pdb
import pickle
import sys
import threading
import traceback
import types


builtins.compile = functools.lru_cache(None)(compile)  # the restorer is the same text each time


def load(name):
    return pickle.loads(restored[name])


def name(frame):
    return frame.f_code.co_name


def names(frame):
    return [name(each) for each, _ in traceback.walk_stack(frame)]


def tracebacks(error):
    found, each = [], error.__traceback__
    while each is not None:
        found.append(each)
        each = each.tb_next
    return found


def exact_types():
    _, error, first = load("exc_info")
    found = (first, first.tb_frame, first.tb_frame.f_code)
    return [type(each) in (types.TracebackType, types.FrameType, types.CodeType) for each in found]


def one_frame_in_two_tracebacks():
    first, second = (tracebacks(error) for error in load("pair"))
    return [first[0].tb_frame is second[0].tb_frame, first[0].tb_lineno - second[0].tb_lineno, name(first[0].tb_frame)]


def exception_and_traceback_of_exc_info():
    kind, error, first = load("exc_info")
    return [kind is type(error), error.__traceback__ is first, str(error), repr(error.__cause__)]


def stack_of_a_live_frame():
    frame, outer = load("live")
    return [names(frame), frame.f_back is outer, frame.f_locals["local"], list(frame.f_locals["rest"])]


def first_frame():
    frame, _ = load("live")
    while frame.f_back is not None:
        frame = frame.f_back
    return [name(frame), frame.f_back, frame.f_globals["__name__"]]


def frame_that_has_moved_on():
    error, frame = load("moved_on")
    first = tracebacks(error)[0]
    code = frame.f_code
    lines = [first.tb_lineno - code.co_firstlineno, frame.f_lineno - code.co_firstlineno]
    return [first.tb_frame is frame, *lines, frame.f_locals["later"]]


def frame_of_another_thread():
    frame = load("thread")
    seen = [each.f_locals.get("in_thread") for each, _ in traceback.walk_stack(frame)]
    return ["waiting" in names(frame), "seen" in seen, names(frame)[-1]]


def frames_of_generators():
    running, new = load("suspended")
    line = running.f_lineno - running.f_code.co_firstlineno
    return [name(running), line, dict(running.f_locals), running.f_back, name(new), dict(new.f_locals)]


def recursion_error():
    error = load("too_deep")
    frames = [each.tb_frame for each in tracebacks(error)]
    numbers = [frame.f_locals["number"] for frame in frames[1:]]
    return [type(error).__name__, len(frames) > 900, numbers == list(range(len(numbers)))]


def ten_thousand_frames():
    frames = [each.tb_frame for each in tracebacks(load("very_deep"))]
    depths = [frame.f_locals["depth"] for frame in frames[1:]]
    return [len(frames), depths == list(range(10000, -1, -1)), frames[-1].f_back is frames[-2], len(names(frames[-1]))]


def globals_of_modules():
    frames = [each.tb_frame for each in tracebacks(load("modules"))]
    one, two, again = (frame.f_globals for frame in frames if name(frame) == "call")
    about = [{key: each[key] for key in ("__name__", "__file__", "__doc__", "__package__")} for each in (one, two)]
    return [one is again, one is not two, one["value"], frames[2].f_locals["local"] is one["value"], about]


def globals_of_the_program():
    frame, _ = load("live")
    known = frame.f_globals
    return [known["__name__"], known["__doc__"][:20], known["COUNT"], eval("len([1]) + COUNT", known, frame.f_locals)]


def only_recorded_names():
    frame, _ = load("live")
    return sorted(each for each in {**frame.f_globals, **frame.f_builtins, **frame.f_locals} if each.startswith("."))


def relative_file_names():
    frames = [each.tb_frame for each in tracebacks(load("relative"))]
    files = [frame.f_code.co_filename for frame in frames if name(frame) == "f"]
    here = frames[0].f_code.co_filename
    lines = [linecache.getline(file, 1) for file in (here, files[0], os.path.abspath(files[0]))]
    paths = [linecache.cache[file][3] for file in files]
    return [files, lines[0] != "", len(set(lines)), paths[0] == here, paths[1]]


def inner_frames():
    error = load("pair")[0]
    return [[each.function, each.code_context, each.index] for each in inspect.getinnerframes(error.__traceback__)]


def outer_frames():
    frame, _ = load("live")
    return [[each.function, (each.code_context or [""])[0].strip()] for each in inspect.getouterframes(frame)]


def argument_values():
    frame, _ = load("live")
    return inspect.formatargvalues(*inspect.getargvalues(frame))


def source_of_a_frame():
    frame, _ = load("live")
    return inspect.getsource(frame)


def source_of_a_module_frame():
    frame, _ = load("live")
    while frame.f_back is not None:
        frame = frame.f_back
    return inspect.getsource(frame).startswith('"""Stacks, frames')


def variables_can_be_assigned():
    frame, _ = load("live")
    if sys.version_info >= (3, 13):
        frame.f_locals["local"] = "assigned"
        return frame.f_locals["local"]
    import ctypes  # as pdb's assignments do before 3.13

    frame.f_locals["local"] = "assigned"
    ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))
    return frame.f_locals["local"]


def cleared():
    frame, _ = load("live")
    frame.clear()
    return dict(frame.f_locals)


def traceback_kept_by_raise():
    _, error, first = load("exc_info")
    try:
        raise error
    except ValueError as again:
        return [again is error, again.__traceback__.tb_next is first, again.with_traceback(None) is error]


def loading_process_is_as_before():
    before = [sys.getrecursionlimit(), _thread.stack_size(), threading.active_count(), _thread._count(), gc.isenabled()]
    load("too_deep")
    after = [sys.getrecursionlimit(), _thread.stack_size(), threading.active_count(), _thread._count(), gc.isenabled()]
    return before == after


def stack_size_of_threads_is_as_set():
    _thread.stack_size(1 << 20)
    try:
        load("too_deep")
        return _thread.stack_size() == 1 << 20
    finally:
        _thread.stack_size(0)


def restored_at_a_depth_of_its_own():
    def deep(number):
        return deep(number - 1) if number else len(names(load("live")[0]))

    return deep(sys.getrecursionlimit() - 150)


def nothing_but_the_crash_is_kept():
    frame, _ = load("live")
    kinds = set()
    waiting, seen = [frame], set()
    while waiting:
        each = waiting.pop()
        if id(each) not in seen and not isinstance(each, (types.ModuleType, type)):
            seen.add(id(each))
            kinds.add(type(each).__module__ + "." + type(each).__name__)
            if type(each) is not dict or each is not vars(__builtins__):
                waiting += gc.get_referents(each)
    return sorted(kind for kind in kinds if kind.startswith("keeptrace"))


def nothing_survives():
    gc.collect()
    before = len([each for each in gc.get_objects() if type(each) is types.FrameType])
    load("too_deep")
    gc.collect()
    return len([each for each in gc.get_objects() if type(each) is types.FrameType]) - before


def code_facts():
    facts = "co_name co_filename co_firstlineno co_argcount co_posonlyargcount co_kwonlyargcount".split()
    found = [[getattr(code, fact) for fact in facts] for code in load("code")]
    for each in found:
        each[1] = each[1].rpartition("/")[2]
    parameters = load("code")[0].co_varnames[:5]
    return [found, list(parameters)]


def code_runs():
    namespace = {}
    with contextlib.suppress(AttributeError):
        exec(load("code")[2], namespace)
    return namespace.get("x")


def code_of_functions_runs():
    try:
        return types.FunctionType(load("code")[0], {})(1, 2, c=3).__name__
    except AttributeError as refusal:
        return str(refusal)


def code_has_source():
    return inspect.getsource(load("code")[1])


def debug(subject, *commands):
    """Return what pdb prints for each command of a post-mortem session."""
    output, stdin = io.StringIO(), io.StringIO("\n".join([*commands, "q", ""]))
    debugger = pdb.Pdb(stdin=stdin, stdout=output, nosigint=True, readrc=False)
    debugger.reset()
    debugger.interaction(None, subject)
    printed = output.getvalue().split("(Pdb) ")[1:-1]
    return [text.strip() for text in printed] if len(printed) == len(commands) else output.getvalue()


def pdb_walks():
    commands = ["w", "u", "u", "d", "p local"]
    printed = debug(load("exc_info")[2], *commands)
    arrows = [line.strip() for line in printed[0].splitlines() if line.strip().startswith("->")]
    places = [[part.rpartition("/")[2] for part in text.splitlines() if part.startswith("> ")] for text in printed]
    return [arrows, places[1:4], printed[4]]


def pdb_lists():
    printed = debug(load("exc_info")[1].__cause__.__traceback__, "ll", "l 1, 2", "source documented", "u", "l .")
    return ["->" in printed[0], "raise KeyError(given)" in printed[0], '"""Stacks' in printed[1], printed[2][:30], ">>" in printed[4]]


def pdb_prints():
    commands = ["a", "p given, inside", "pp inside", "whatis inside", "whatis fail", "p len([1]), COUNT, __name__"]
    return debug(load("pair")[0].__traceback__, *commands)


def pdb_assigns():
    commands = ["!given = given * 2", "p given", "!new = 5", "p new + 1", "display given", "u", "p given"]
    return debug(load("pair")[0].__traceback__, *commands)


def pdb_chooses():
    if not hasattr(pdb.Pdb, "do_exceptions"):
        return None
    listed, chosen, shown = debug(load("exc_info")[1], "exceptions", "exceptions 0", "p given")
    return ["KeyError('y')" in listed, "ValueError('chained')" in listed, "fail()" in chosen, shown]


def pdb_interacts():
    """Type into `interact`, which reads from standard input."""
    stdin, stdout, sys.stdin = sys.stdin, sys.stdout, io.StringIO("print(given + 'z', len(inside), COUNT)\n")
    sys.stdout = output = io.StringIO()
    stderr, sys.stderr = sys.stderr, io.StringIO()
    try:
        debugger = pdb.Pdb(stdin=io.StringIO("interact\nq\n"), stdout=output, nosigint=True, readrc=False)
        debugger.reset()
        debugger.interaction(None, load("pair")[0].__traceback__)
    finally:
        sys.stdin, sys.stdout, sys.stderr = stdin, stdout, stderr
    return "xz 1 3" in output.getvalue()


def answers():
    skipped = {"load", "name", "names", "tracebacks", "debug", "answers"}
    found = {}
    for check, function in list(globals().items()):
        if type(function) is types.FunctionType and function.__module__ == __name__ and check not in skipped:
            try:
                found[check] = function()
            except Exception as error:
                found[check] = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return found


print(json.dumps(answers()))
