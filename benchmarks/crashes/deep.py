"""A stack of as many frames as are asked for."""


def descend(remaining, label):
    here = [remaining, label]
    if remaining == 1:
        return here[2]
    return descend(remaining - 1, f"level {remaining}")


def run(size):
    return descend(size, "top")
