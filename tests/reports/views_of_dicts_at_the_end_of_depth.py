"""Views of dicts that depth left out were shown by stock pickle, and said not to be recorded by keeptrace.load."""

from checking import check


def crash():
    views = [{1: 2}.keys(), {3: 4}.values(), {5: 6}.items()]
    return views + None


check(crash, "assert '{1: 2}' in repr(frame.f_locals['views']), frame.f_locals['views']")
