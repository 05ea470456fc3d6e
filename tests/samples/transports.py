"""Exceptions sent between processes. Run as a program, it prints what arrives through one engine, as text.

    python transports.py ENGINE             with KEEPTRACE_INIT=1 in the environment: init() here and in the workers
"""

import concurrent.futures
import functools
import multiprocessing
import os
import re
import sys
import traceback

if os.environ.get("KEEPTRACE_INIT"):
    import keeptrace

    keeptrace.init()


class Broken(Exception):
    """An application's exception."""


class OwnInit(Exception):
    """An exception that cannot be made from its args, and says how it is made."""

    def __init__(self, number, text):
        super().__init__(f"{number}: {text}")
        self.number, self.text = number, text

    def __reduce__(self):
        return OwnInit, (self.number, self.text)


def raise_builtin():
    return 1 / 0


def raise_own():
    order = {"number": 7}
    raise Broken("no such item", order["number"])


def raise_with_attributes():
    error = OwnInit(1, "text")
    error.attribute = [1, 2]
    raise error


def raise_chained():
    try:
        raise_builtin()
    except ZeroDivisionError as error:
        raise Broken("while handling") from error


def raise_unpicklable():
    error = Broken("x")
    error.attribute = sys._getframe()
    raise error


TASKS = [raise_builtin, raise_own, raise_with_attributes, raise_chained]


def caught(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        return error


def description(error):
    """Return all that can be told of an exception that has arrived, one line a fact."""
    lines = [f"{type(error).__module__}.{type(error).__qualname__} {error.args!r} {sorted(vars(error).items())!r}"]
    lines += "".join(traceback.format_exception(type(error), error, error.__traceback__)).splitlines()
    lines += [f"cause {error.__cause__!r}", f"context {error.__context__!r}"]
    return [re.sub(r"0x[0-9a-f]+|tcp://\S+|pid=\d+|-[0-9a-f-]{36}|line \d+", "X", line) for line in lines]


# Engines: each yields the exceptions that arrive


def pool(method):
    with multiprocessing.get_context(method).Pool(1) as workers:
        for task in [*TASKS, raise_unpicklable]:
            yield caught(workers.apply, task)


def executor(method):
    context = multiprocessing.get_context(method)
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as workers:
        for task in TASKS:
            yield caught(workers.submit(task).result)


def send(connection):
    for task in TASKS:
        connection.send(caught(task))
    connection.send(caught(connection.send, caught(raise_unpicklable)).args)


def pipe(method):
    context = multiprocessing.get_context(method)
    here, there = context.Pipe()
    process = context.Process(target=send, args=(there,))
    process.start()
    for _ in TASKS:
        yield here.recv()
    yield Exception(*here.recv())
    process.join()


def put(queue):
    for task in TASKS:
        queue.put(caught(task))


def queue(method):
    context = multiprocessing.get_context(method)
    arriving = context.Queue()
    process = context.Process(target=put, args=(arriving,))
    process.start()
    for _ in TASKS:
        yield arriving.get()
    process.join()


def manager(method):
    with multiprocessing.get_context(method).Manager() as server:
        shared = server.list([caught(task) for task in TASKS])
        yield from shared
        yield caught(shared.pop, "not an index")


def joblib():
    from joblib import Parallel, delayed

    for task in TASKS:
        yield caught(Parallel(n_jobs=2), [delayed(task)(), delayed(task)()])


def dask():
    import dask
    from dask import multiprocessing as engine

    for task in TASKS:
        yield caught(functools.partial(dask.compute, scheduler=engine.get, num_workers=1), dask.delayed(task)())


def distributed():
    from distributed import Client, LocalCluster

    quiet = {"silence_logs": 60, "dashboard_address": None}
    with LocalCluster(n_workers=1, threads_per_worker=1, **quiet) as cluster, Client(cluster) as client:
        if os.environ.get("KEEPTRACE_INIT"):
            keeptrace.init()  # once more: importing distributed registers reducers of its own
            client.run(keeptrace.init)
        for task in TASKS:
            yield caught(client.submit(task, pure=False).result)


ENGINES = {
    f"{engine.__name__} {method}": functools.partial(engine, method)
    for engine in (pool, executor, pipe, queue, manager)
    for method in ("fork", "spawn")
}
ENGINES.update(joblib=joblib, dask=dask, distributed=distributed)


if __name__ == "__main__":
    for error in ENGINES[sys.argv[1]]():
        print(*description(error), sep="\n")
