"""An asyncio TaskGroup of which two tasks fail."""

import asyncio
import pickle
import sys
import traceback

import keeptrace

keeptrace.init()


async def fetch(host, delay):
    await asyncio.sleep(delay)
    raise ConnectionError(f"{host} does not answer")


async def fetch_all(hosts):
    async with asyncio.TaskGroup() as tasks:
        for host in hosts:
            tasks.create_task(fetch(host, 0), name=host)


try:
    asyncio.run(fetch_all(["north", "south"]))
except ExceptionGroup as error:
    with open(sys.argv[1], "wb") as file:
        pickle.dump({"error": error, "text": traceback.format_exc()}, file)
