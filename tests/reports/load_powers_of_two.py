"""keeptrace.load refused a list of 10,000 powers of two, since many have the same hash."""

import keeptrace


def fail():
    powers = [2**index for index in range(10_000)]
    exponents = {2**index: index for index in range(10_000)}
    raise ValueError(len(powers), len(exponents))


try:
    fail()
except ValueError as error:
    data = keeptrace.dumps(error)
found = keeptrace.load(data).__traceback__.tb_next.tb_frame.f_locals
assert found["powers"] == [2**index for index in range(10_000)]
assert found["exponents"] == {2**index: index for index in range(10_000)}
print("ok")
