"""A program that is frozen: its first argument says what it does."""

import gzip
import json
import multiprocessing
import pickle
import sys

import orders
from facts import facts

import keeptrace


def record():
    keeptrace.init()
    try:
        orders.crash()
    except ZeroDivisionError as error:
        with open("stock.pkl", "wb") as file:
            pickle.dump(error, file)
        path = keeptrace.dump(error)
        with gzip.open(path) as packed, open("dump.pkl", "wb") as file:
            file.write(packed.read())
        print(path)


def hook():
    keeptrace.hook("crashes")
    orders.crash()


def children():
    keeptrace.hook("crashes")
    child = multiprocessing.get_context("spawn").Process(target=orders.crash)
    child.start()
    child.join()


def capture():
    with keeptrace.capture(directory="crashes"):
        orders.crash()


def read():
    """Print what a dump shows here, read safely and with its blobs."""
    path = sys.argv[2]
    found = [facts(keeptrace.load(path)), facts(keeptrace.load(path, trust=True)), keeptrace.peek(path).exception]
    print(json.dumps(found))


if __name__ == "__main__":
    multiprocessing.freeze_support()
    globals()[sys.argv[1]]()
