"""Variables came back sorted by their names, so that another one was suggested for a wrong name."""

from checking import check

zulu_of_module = yankee_of_module = 0


def main(first=1):
    total_z = first
    total_a = total_z

    def total_m():
        return total_a

    return total_m() + total_x  # noqa: F821


check(
    main,
    """
assert list(frame.f_locals) == ["first", "total_z", "total_m", "total_a"], list(frame.f_locals)
assert frame.f_code.co_varnames[:2] == ("first", "total_z"), frame.f_code.co_varnames
found = [name for name in frame.f_globals if name.endswith("_of_module") or name in ("__name__", "main")]
assert found == ["__name__", "zulu_of_module", "yankee_of_module", "main"], found
assert printed() == text, printed()
assert sys.version_info < (3, 12) or "Did you mean: 'total_z'" in text, text
""",
)
