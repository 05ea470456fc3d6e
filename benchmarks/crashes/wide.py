"""A function of many local variables, in a file that is written for it."""

import importlib.util

VALUES = ["{n}", "{n} * 0.5", "'text {n}'", "[{n}, 'a', None]", "{{'key': {n}}}", "({n}, [{n}])"]
COUNT = 300
LOADED = []


def prepare(folder):
    path = folder / "wide_module.py"
    lines = [f"    value_{n} = {VALUES[n % len(VALUES)].format(n=n)}" for n in range(COUNT)]
    path.write_text("\n".join(["def many():", *lines, "    return value_1 / value_0", ""]), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("wide_module", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    LOADED.append(module)


def run(size):
    return LOADED[0].many()
