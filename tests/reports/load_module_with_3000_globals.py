"""keeptrace.load refused the crash of a module with some thousand plain globals, by chance of their names."""

import keeptrace

for first in ({}, {"format": 1}, {"format": 1, "records": 2}):
    names = {**first, **{f"name_{index}": index for index in range(3000)}}
    exec("def fail():\n raise ValueError", names)
    try:
        names["fail"]()
    except ValueError as error:
        data = keeptrace.dumps(error)
    found = keeptrace.load(data).__traceback__.tb_next.tb_frame.f_globals
    assert {name: found[name] for name in names if type(names[name]) is int} == {
        name: value for name, value in names.items() if type(value) is int
    }
print("ok")
