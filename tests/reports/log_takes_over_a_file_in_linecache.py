"""After a log was parsed, other tracebacks in this process showed the log's lines for a file that has changed since."""

import linecache
import os
import tempfile
import traceback

from keeptrace.utils import parse_tracebacks

with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "app.py")
    with open(path, "w") as file:
        file.write("as_it_is = now\n" * 9)
    log = f'Traceback (most recent call last):\n  File "{path}", line 3, in f\n    as_it_was()\nValueError: x\n'
    (found,) = parse_tracebacks(log.splitlines(keepends=True))
    assert "".join(traceback.format_exception(*found)) == log
    assert linecache.getlines(path) == ["as_it_is = now\n"] * 9
    here = {}
    exec(compile("\n\nimport traceback; stack = traceback.extract_stack()", path, "exec"), here)
    assert here["stack"][-1].line == "as_it_is = now"
print("ok")
