"""Logs crashes through a DumpHandler in the ways there are, and prints as JSON what came of each, by its name."""

import glob
import json
import logging
import logging.config
import logging.handlers
import os
import queue
import sys
import threading

import keeptrace
from keeptrace.integrations.logging import DumpHandler

FOLDER = sys.argv[1]
CLASS = "keeptrace.integrations.logging.DumpHandler"
INI = """\
[loggers]
keys=root
[handlers]
keys=dumps
[formatters]
keys=
[logger_root]
level=ERROR
handlers=dumps
[handler_dumps]
class=keeptrace.integrations.logging.DumpHandler
kwargs={"directory": %r}
"""


class Waiting(Exception):
    """Its text is ready when four of it are asked for theirs at once."""

    together = threading.Barrier(4)

    def __str__(self):
        self.together.wait(50)
        return "all are here"


def folder(name):
    return os.path.join(FOLDER, name)


def crash(*handlers, error=ZeroDivisionError):
    logger = logging.getLogger("shop")
    logger.handlers[:] = handlers or logger.handlers
    try:
        raise error
    except error:
        logger.exception("order %d failed", 7)


def plain():
    crash(DumpHandler(folder("plain")))


def in_memory():
    crash(logging.handlers.MemoryHandler(10, target=DumpHandler(folder("in_memory"))))


def before_a_queue():
    waiting, arrived = queue.SimpleQueue(), logging.handlers.BufferingHandler(10)
    crash(DumpHandler(folder("before_a_queue")), logging.handlers.QueueHandler(waiting))
    listener = logging.handlers.QueueListener(waiting, arrived)
    listener.start()
    listener.stop()
    return os.path.exists(arrived.buffer[0].dump)


def by_class():
    configure("by_class", {"class": CLASS})


def by_factory():
    configure("by_factory", {"()": CLASS})


def in_memory_by_configuration():
    configure("in_memory_by_configuration", {"class": CLASS}, "memory")


def configure(name, how, first="dumps"):
    handlers = {
        "dumps": {**how, "directory": folder(name), "level": "ERROR", "depth": 2, "filters": ["shops"]},
        "memory": {"class": "logging.handlers.MemoryHandler", "capacity": 10, "target": "dumps"},
    }
    loggers = {"shop": {"handlers": [first], "propagate": False}}
    config = {"version": 1, "filters": {"shops": {"name": "shop"}}, "handlers": handlers, "loggers": loggers}
    logging.config.dictConfig({**config, "disable_existing_loggers": False})
    crash()


def by_file():
    path = folder("logging.ini")
    with open(path, "w", encoding="utf-8") as file:
        file.write(INI % folder("by_file"))
    logging.config.fileConfig(path, disable_existing_loggers=False)
    crash(*logging.getLogger().handlers)


def its_lock():
    """Whoever takes it gets it, and finds it free again in a child."""
    handler = DumpHandler(folder("its_lock"))
    with handler.lock:
        crash(handler)
        child = os.fork()
        if not child:
            taken = []
            thread = threading.Thread(target=lambda: taken.append(handler.acquire()), daemon=True)
            thread.start()
            thread.join(50)
            os._exit(0 if taken else 1)
    return os.waitpid(child, 0)[1] == 0


def at_once():
    """The dumps of several threads do not wait for each other."""
    handler = DumpHandler(folder("at_once"), limits=keeptrace.Limits(seconds=60))
    threads = [threading.Thread(target=crash, args=[handler], kwargs={"error": Waiting}) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return not Waiting.together.broken


def main():
    ways = [plain, in_memory, before_a_queue, by_class, by_factory, in_memory_by_configuration, by_file, its_lock, at_once]
    found = {}
    for way in ways:
        is_right = way() in (None, True)
        files = glob.glob(os.path.join(folder(way.__name__), "*.pkl.gz"))
        notes = sorted({keeptrace.peek(file).note for file in files})
        found[way.__name__] = [is_right, notes]
    logging.shutdown()
    print(json.dumps(found))


main()
