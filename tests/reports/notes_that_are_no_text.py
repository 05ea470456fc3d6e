"""Notes that are no text were printed as mocks show themselves, not as they had been printed."""

from checking import check


class Note:
    def __str__(self):
        return "shown by str()"

    def __repr__(self):
        return "shown by repr()"


class Unprintable:
    def __repr__(self):
        raise ValueError


def main():
    last = None
    for notes in (Note(), Unprintable(), [Note(), "a note", Unprintable(), 5]):
        try:
            error = ValueError("noted")
            error.__notes__ = notes
            raise error from last
        except ValueError as error:
            last = error
    raise RuntimeError from last


check(
    main,
    """
assert printed() == text, printed()
assert sys.version_info < (3, 11) or ("shown by str()" in text and "shown by repr()" in text), text
""",
)
