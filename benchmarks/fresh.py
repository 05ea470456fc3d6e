"""What a new interpreter pays, in seconds of processor time.

`python fresh.py init`, `python fresh.py dump FOLDER`, `python fresh.py load DUMP` or `python fresh.py small` prints it.
"""

from __future__ import annotations

import itertools
import os
import sys
import time

TYPE_CHECKING = False  # what is imported here would not be paid for where it is measured
if TYPE_CHECKING:
    from collections.abc import Callable

HERE = os.path.dirname(os.path.abspath(__file__))


def main() -> None:
    action, *arguments = sys.argv[1:]
    sys.path += [os.path.dirname(HERE), os.path.join(HERE, "crashes")]
    print(*ACTIONS[action](*arguments))


def init() -> list[float]:
    """Time keeptrace's init with 500 exception classes, twice: the first time includes the imports it makes."""
    import keeptrace

    classes = [type(f"Error{number}", (ValueError,), {}) for number in range(500)]
    times = [time.process_time()]
    for _ in range(2):
        keeptrace.init()
        times.append(time.process_time())
    assert len(classes) == 500
    return differences(times)


def dump(folder: str) -> list[float]:
    """Time the first dump of a process, with the imports it makes, and the second."""
    import keeptrace

    script = __import__("script")  # by itself: its package imports more
    keeptrace.init()
    try:
        script.run(0)
    except ZeroDivisionError as error:
        times = [time.process_time()]
        for name in ("first", "second"):
            keeptrace.dump(error, os.path.join(folder, name))
            times.append(time.process_time())
    return differences(times)


def load(path: str) -> list[float]:
    import gzip
    import pickle

    times = [time.process_time()]
    with gzip.open(path) as file:
        pickle.load(file)
    return differences([*times, time.process_time()])


def small() -> list[float]:
    """Time 1,000 calls of pickle.dumps(5) as it is, and as it is after init(): in turn, the least of many."""
    import pickle
    import timeit

    import keeptrace

    functions = [pickle.dumps]
    keeptrace.init()
    functions.append(pickle.dumps)
    rounds = [
        [timeit.timeit("dumps(5)", globals={"dumps": each}, number=1_000) for each in functions] for _ in range(500)
    ]
    return [min(times) for times in zip(*rounds, strict=True)]


def differences(times: list[float]) -> list[float]:
    return [end - start for start, end in itertools.pairwise(times)]


ACTIONS: dict[str, Callable[..., list[float]]] = {"dump": dump, "init": init, "load": load, "small": small}

if __name__ == "__main__":
    main()
