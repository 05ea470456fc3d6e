"""keeptrace.load called dumps with 1,001 numbers in a tuple cut short, and with 1,001 times None corrupt."""

import keeptrace


def fail(numbers):
    raise ValueError


for numbers in (tuple(index * 1.5 for index in range(1001)), (None,) * 1001, tuple([True, 2**40] * 1000)):
    try:
        fail(numbers)
    except ValueError as error:
        data = keeptrace.dumps(error)
    assert keeptrace.load(data).__traceback__.tb_next.tb_frame.f_locals["numbers"] == numbers
print("ok")
