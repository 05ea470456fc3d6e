"""With init() once at start-up, exceptions whose classes were imported later lost their traceback without a word."""

import collections
import pickle
import sys

import keeptrace

keeptrace.init()

import http.client
import subprocess
import urllib.error
from pickle import dumps

SECRET = b"hun" + b"ter2"


class OrderError(Exception):
    """An application's exception, defined after init()."""


def http_error():
    raise urllib.error.HTTPError("http://localhost", 404, "not found", http.client.HTTPMessage(), None)


def failed_process():
    subprocess.run([sys.executable, "-c", "raise SystemExit(3)"], check=True)


def order_error():
    password = "ter2 hun" * 2
    raise OrderError(f"no pens for {len(password)}")


Result = collections.namedtuple("Result", ["value", "error"])
for fail in (http_error, failed_process, order_error):
    try:
        fail()
    except Exception as error:
        for what, taken in (
            (error, lambda found: found),
            ([error] * 100, lambda found: found[99]),
            ({"task": error}, lambda found: found["task"]),
            (Result(None, error), lambda found: found.error),
            (sys.exc_info(), lambda found: found[1]),
        ):
            for written in (pickle.dumps(what), dumps(what)):
                frames = []
                traceback = taken(pickle.loads(written)).__traceback__
                while traceback is not None:
                    frames.append(traceback.tb_frame.f_code.co_name)
                    traceback = traceback.tb_next
                assert fail.__name__ in frames, (fail, what, frames)
                assert SECRET not in written
print("ok")
