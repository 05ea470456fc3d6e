"""A text registered with linecache as splitlines() gives it was one long line after loading (cpython#90291)."""

import linecache

from checking import check

TEXT = "def price(count):\n    total = 10\n    return total / count\n"


def main():
    linecache.cache["<generated price>"] = (len(TEXT), None, TEXT.splitlines(), "<generated price>")
    namespace = {}
    exec(compile(TEXT, "<generated price>", "exec"), namespace)
    namespace["price"](0)


check(
    main,
    """
assert printed() == text and "    return total / count" in text, printed()
assert "total = 10" in debugged("ll"), debugged("ll")
""",
)
