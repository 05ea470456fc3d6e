"""Crashes that all differ: in their class, the way to them, how deep it is and what the variables hold."""

import random

ERRORS = [ArithmeticError, KeyError, LookupError, OSError, RuntimeError, TypeError, ValueError]


class Job:
    """What is worked on."""

    def __init__(self, number):
        self.number = number
        self.name = f"job {number}"
        self.data = {f"field {n}": [n, str(n)] for n in range(number % 20)}
        self.parent = Job(number // 10) if number else None


def load(job, way, chance):
    content = {"size": len(job.data), "name": job.name}
    return step(job, way, chance), content


def check(job, way, chance):
    fields = sorted(job.data)
    return step(job, way, chance), fields


def convert(job, way, chance):
    values = [value for value, _ in job.data.values()]
    total = sum(values)
    return step(job, way, chance), total


def store(job, way, chance):
    target = ("disk", job.number % 4, f"/data/{job.number}")
    return step(job, way, chance), target


STEPS = [load, check, convert, store]


def step(job, way, chance):
    if not way:
        raise chance.choice(ERRORS)(f"{job.name} failed")
    following, *rest = way
    return STEPS[following](job, rest, chance)


def run(number):
    chance = random.Random(number)  # noqa: S311 -- the same crashes in each run
    way = chance.choices(range(len(STEPS)), k=chance.randint(1, 6))
    return step(Job(number), way, chance)
