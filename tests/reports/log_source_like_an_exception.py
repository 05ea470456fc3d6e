"""A line of source that reads like an exception ended the traceback, though carets follow it."""

from keeptrace.utils import parse_tracebacks

LOG = """\
Traceback (most recent call last):
File "/srv/shop/app.py", line 20, in wait
Timeout: int = 60 / 0
~~~^~~
ZeroDivisionError: division by zero
"""
((cls, error, tb),) = parse_tracebacks(LOG.splitlines(keepends=True))
assert (cls, str(error), tb.tb_lineno) == (ZeroDivisionError, "division by zero", 20)
print("ok")
