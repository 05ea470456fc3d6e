"""An exception group of tasks that fail together."""

import asyncio


async def fetch(host, settings):
    address = {"host": host, "port": 8000 + len(host)}
    await asyncio.sleep(0)
    return parsed(address, settings[host])


def parsed(address, text):
    fields = text.split(":")
    return address["host"], int(fields[1])


async def fetch_all(hosts):
    settings = {host: f"{host}:unknown" for host in hosts}
    async with asyncio.TaskGroup() as tasks:
        for host in hosts:
            tasks.create_task(fetch(host, settings))


def run(size):
    asyncio.run(fetch_all([f"host{number}" for number in range(size)]))
