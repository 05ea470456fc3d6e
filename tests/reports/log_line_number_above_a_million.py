"""A traceback in a log was not read where one of its line numbers is larger than 1,000,000."""

import traceback

from keeptrace.utils import parse_tracebacks

for number in (1_000_001, 9_999_999):
    log = f'Traceback (most recent call last):\n  File "/srv/made.py", line {number}, in f\n    g()\nValueError: x\n'
    (found,) = parse_tracebacks(log.splitlines(keepends=True))
    assert "".join(traceback.format_exception(*found)) == log
print("ok")
