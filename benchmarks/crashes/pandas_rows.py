"""A column that a large table does not have, with more large data in the variables."""

import numpy
import pandas

from benchmarks.crashes.bulk import numbers_keys_rows


def mean(frame, column):
    return frame[column].mean()


def run(size):
    numbers, keys, rows = numbers_keys_rows()
    count = 100_000
    columns = {
        "shop": numpy.arange(count) % 7,
        "sold": numpy.linspace(0, 1, count),
        "name": [str(n) for n in range(count)],
    }
    frame = pandas.DataFrame(columns)
    return len(numbers), len(keys), len(rows), mean(frame, "price")
