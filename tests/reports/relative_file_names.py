"""A relative file name was printed as an absolute one after loading."""

import os
import tempfile

from checking import check

TEXT = "def total(prices):\n    first = prices[0]\n    return first / 0\n"


def main():
    os.chdir(tempfile.mkdtemp())
    with open("shop.py", "w") as file:
        file.write(TEXT)
    namespace = {"__name__": "shop"}
    exec(compile(TEXT, "shop.py", "exec"), namespace)
    namespace["total"]([1])


check(
    main,
    """
assert printed() == text and 'File "shop.py", line 3, in total' in text, printed()
listed = debugged("l", "ll")
assert listed.count("first = prices[0]") == 2, listed
import linecache, os
assert os.path.isabs(linecache.cache["shop.py"][3])
""",
)
