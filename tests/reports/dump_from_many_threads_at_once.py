"""dump(threads=True) in several threads at once wrote files that nothing could open, or ended the process on 3.13."""

import glob
import gzip
import os
import pickle
import sys
import tempfile
import threading
import traceback

import keeptrace

FOLDER = tempfile.mkdtemp()
held = []


def deeper(number):
    numbers = [number] * 3
    return deeper(number - 1) if number else sum(numbers) / number


def work(name):
    frames = list(sys._current_frames().values())
    held.append(frames)
    for time in range(3):
        try:
            deeper(5)
        except ZeroDivisionError as error:
            keeptrace.dump(error, os.path.join(FOLDER, f"{name}-{time}.gz"), threads=True)


threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
paths = glob.glob(os.path.join(FOLDER, "*.gz"))
assert len(paths) == 18, len(paths)
for path in paths:
    with gzip.open(path) as file:
        for found in (pickle.load(file), keeptrace.load(path)):
            assert str(found["crash"]) == "division by zero"
            for stack in found["threads"].values():
                for frame, _ in traceback.walk_tb(stack):
                    assert "keeptrace" not in frame.f_globals["__name__"]
print("ok")
