"""What a new interpreter pays, in seconds of processor time.

`python fresh.py init` or `python fresh.py load DUMP` prints it.
"""

from __future__ import annotations

import gzip
import itertools
import pathlib
import pickle
import sys
import time


def main() -> None:
    action, *arguments = sys.argv[1:]
    print(*(load(*arguments) if action == "load" else init()))


def init() -> list[float]:
    """Time keeptrace's init with 500 exception classes, twice: the first time includes the imports it makes."""
    sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent))
    import keeptrace

    classes = [type(f"Error{number}", (ValueError,), {}) for number in range(500)]
    times = [time.process_time()]
    for _ in range(2):
        keeptrace.init()
        times.append(time.process_time())
    assert len(classes) == 500
    return [end - start for start, end in itertools.pairwise(times)]


def load(path: str) -> list[float]:
    start = time.process_time()
    with gzip.open(path) as file:
        pickle.load(file)
    return [time.process_time() - start]


if __name__ == "__main__":
    main()
