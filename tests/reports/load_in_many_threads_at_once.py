"""Loading in several threads at once failed, and left another recursion limit and stack size in the process."""

import pickle
import sys
import threading

import keeptrace


def recurse(times):
    return recurse(times - 1) if times else 1 / times


def crash(times):
    try:
        recurse(times)
    except ZeroDivisionError as error:
        return pickle.dumps(error)


def work(number):
    for time in range(6):
        try:
            pickle.loads(dumps[(number + time) % 2])
        except Exception as error:
            failed.append(error)


keeptrace.init()
usual = sys.getrecursionlimit()
sys.setrecursionlimit(6000)
dumps, failed = [crash(4000), crash(5)], []
sys.setrecursionlimit(usual)
threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not failed, failed
assert (sys.getrecursionlimit(), threading.stack_size()) == (usual, 0), (
    sys.getrecursionlimit(),
    threading.stack_size(),
)
print("ok")
