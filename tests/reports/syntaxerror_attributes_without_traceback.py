"""What was set on a SyntaxError, AttributeError or NameError that was not raised yet was lost by Python's pickling."""

import pickle
import subprocess
import sys

import keeptrace

CHECK = """
import pickle, sys
syntax, attribute, name = pickle.load(sys.stdin.buffer)
assert (syntax.lineno, syntax.filename) == (100, "shop.py")
assert (attribute.name, attribute.obj) == ("prise", [1])
assert name.name == "prise"
"""
keeptrace.init()
syntax = SyntaxError("bad syntax")
syntax.lineno, syntax.filename = 100, "shop.py"
errors = syntax, AttributeError("no prise", name="prise", obj=[1]), NameError("no prise", name="prise")
subprocess.run([sys.executable, "-I", "-S", "-c", CHECK], input=pickle.dumps(errors), check=True)
print("ok")
