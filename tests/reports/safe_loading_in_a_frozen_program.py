"""In a PyInstaller program keeptrace.load() took the bundled standard library for strangers': Decimal was a mock."""

import decimal
import json
import sys

import keeptrace


def fail(price):
    return json.loads("{") / price


keeptrace.init()
try:
    fail(decimal.Decimal("1.5"))
except json.JSONDecodeError as error:
    data = keeptrace.dumps(error)
sys.frozen = True  # as PyInstaller has it
for module in (decimal, json):
    module.__file__ = "/tmp/_MEI1/" + module.__name__ + ".pyc"
restored = keeptrace.load(data)
found = restored.__traceback__.tb_next.tb_frame.f_locals
assert found == {"price": decimal.Decimal("1.5")}, found
print("ok")
