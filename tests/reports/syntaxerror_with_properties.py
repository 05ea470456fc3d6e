"""A SyntaxError whose class has properties for what is printed could not be printed after loading (xmlschema)."""

from checking import check


class ParseError(SyntaxError):
    def __init__(self, element, message):
        super().__init__(message)
        self.element, self.message = element, message

    @property
    def msg(self):
        return f"{self.message}: {self.element}"

    @property
    def lineno(self):
        return 3

    def __str__(self):
        return self.msg


def main():
    raise ParseError("<a/>", "is not an element of the schema")


check(
    main,
    """
assert printed() == text and "line 3" in text and "is not an element of the schema: <a/>" in text, printed()
""",
)
