"""What is compared about a crash's frames: run where it happens and, on the restored one, where it is loaded."""

import inspect
import traceback

ATOMS = (type(None), bool, int, float, complex, str, bytes)


def show(value):
    """Return what is compared of a value: an atom and a container of atoms by content, anything else by its type."""
    value = str(value) if isinstance(value, str) else value
    if type(value) in ATOMS:
        return repr(value)
    if type(value) in (list, tuple, set):
        return "%s %s" % (type(value).__name__, [show(each) for each in value])
    if type(value) is dict:
        return "dict %s" % {show(key): show(each) for key, each in value.items() if str(key)[:2] != "__"}
    return "class" if isinstance(value, type) else type(value).__qualname__


def local_names(frame):
    """Return a frame's variables; those of a module's frame are its globals."""
    if frame.f_locals is frame.f_globals:
        return {}
    return {show(name): show(value) for name, value in frame.f_locals.items() if name != "__builtins__"}


def frame_facts(frame, line=None):
    code = frame.f_code
    return {
        "place": [code.co_filename, line, frame.f_lineno, code.co_firstlineno],
        "name": [code.co_name, dict.get(frame.f_globals, "__name__"), frame.f_locals is frame.f_globals],
        "counts": [code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, bool(code.co_flags & 1)],
        "variables": local_names(frame),
        "arguments": list(inspect.getargvalues(frame)[:3]),
    }


def crash_facts(error):
    frames = [frame_facts(frame, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    walked = traceback.walk_stack(error.__traceback__.tb_frame)
    outside = [[frame.f_code.co_name, line, frame.f_code.co_filename] for frame, line in walked]
    return {"frames": frames, "outside": outside}
