"""A traceback at the end of a log that was cut off before its last line was not found."""

import traceback

from keeptrace.utils import parse_tracebacks

LOG = """\
2024-01-01 12:00:00 ERROR app: oops
Traceback (most recent call last):
  File "/srv/shop/app.py", line 20, in <module>
    main()
"""
for log in (LOG, LOG + "2024-01-01 12:00:01 INFO app: next\n"):
    ((cls, error, tb),) = parse_tracebacks(log.splitlines(keepends=True))
    assert (cls, str(error)) == (Exception, "not in the log")
    assert "".join(traceback.format_tb(tb)) == "".join(LOG.splitlines(keepends=True)[2:])
print("ok")
