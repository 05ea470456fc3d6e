"""A list of as many numbers as are asked for."""


def run(size):
    numbers = list(range(size))
    return numbers[size]
