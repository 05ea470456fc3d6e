"""keeptrace.load refused crashes in generated code: long statements and lines, many variables, failing calls, bases."""

import keeptrace


def fail(*arguments):
    raise ValueError(len(arguments))


tries = "".join(f" try: fail({index})\n except ValueError as error: errors.append(error)\n" for index in range(600))
PROGRAMS = [
    "fail(\n" + "0,\n" * 3000 + ")",
    "(" + "0," * 100_000 + "); 5 + fail()",
    "def f():\n" + "".join(f" x{index} = {index}\n" for index in range(6000)) + " fail()\nf()",
    f"def f():\n errors = []\n{tries} raise ValueError(errors)\nf()",
    "wide = type('Wide', tuple(type(f'Base{index}', (), {}) for index in range(150)), {})()\nfail()",
]
for program in PROGRAMS:
    try:
        exec(compile(program, "<generated>", "exec"), {"fail": fail})
    except ValueError as error:
        line, loaded = error.__traceback__.tb_next.tb_lineno, keeptrace.load(keeptrace.dumps(error))
    assert (type(loaded), loaded.__traceback__.tb_next.tb_lineno) == (ValueError, line)
print("ok")
