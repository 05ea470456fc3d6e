"""Frames of every kind: each function marked @crash raises in one. Run as a program, it dumps them all.

    python frames.py CRASHES.pkl        writes {name: (pickle of the exception, crash_facts of it)}
"""

import asyncio
import collections
import os
import pickle
import runpy
import sys
import tempfile
import types
import zipfile

CRASHES = []


def crash(function):
    CRASHES.append(function)
    return function


def fail():
    raise ValueError("here")


@crash
def positional_only(a=1, b="two", /, c=3.0):
    fail()


@crash
def keyword_only(*, a=1, b):
    fail()


keyword_only.__kwdefaults__["b"] = [2]


@crash
def every_kind_of_parameter(a=1, /, b=2, *rest, c=3, **options):
    d = 4
    fail()


@crash
def given_to_every_kind_of_parameter():
    every_kind_of_parameter("a", "b", "c", "d", c="e", f="g", h=[1])


@crash
def arguments_rebound(a=1, *rest, **options):
    a, rest, options = "now", 5, None
    fail()


@crash
def argument_deleted(a=1, b=2):
    del a
    fail()


@crash
def unset_variables():
    before = 1
    if before:
        deleted = 2
        del deleted
        fail()
    after = 3


@crash
def closures():
    free, later = 1, None

    def inner(own):
        nonlocal later
        cell = own + free
        later = "set inside"
        return lambda: (cell, fail())

    inner(2)()


@crash
def cell_that_is_not_set():
    def inner():
        fail()
        return unset

    inner()
    unset = 1


@crash
def argument_in_a_cell():
    def outer(argument, *, keyword):
        def inner():
            return argument, keyword, fail()

        argument += 1
        inner()

    outer(1, keyword=2)


class Base:
    def method(self):
        fail()


class Derived(Base):
    __private = 1

    def method(self, __mangled=3):
        __local = self.__private
        return super().method()

    @classmethod
    def of_class(cls, a=1):
        fail()

    @staticmethod
    def static(a=1):
        fail()

    @property
    def computed(self):
        fail()

    def __getattr__(self, name):
        fail()


@crash
def methods():
    Derived().method()


@crash
def class_methods():
    Derived.of_class()


@crash
def static_methods():
    Derived.static()


@crash
def properties():
    Derived().computed


@crash
def attribute_lookups():
    Derived().nothing


@crash
def lambdas():
    (lambda a, *b, c=3, **d: fail())(1, 2, e=5)


@crash
def list_comprehension():
    outside = 1
    return [fail() for number in (1, 2) if outside]


@crash
def nested_comprehensions():
    outside = 1
    return {key: {fail() for number in range(key) if outside} for key in (1, 2)}


@crash
def generator_expression():
    outside = [1]
    return list(number + fail() + outside[0] for number in (1, 2))


@crash
def generators():
    def generate(first):
        received = yield first
        yield from delegate(received)

    def delegate(received):
        yield 1
        fail()

    running = generate(0)
    list(running)


@crash
def generator_suspended_in_a_variable():
    def generate(first):
        second = first + 1
        yield second

    suspended, new = generate(1), generate(2)
    next(suspended)
    fail()


@crash
def thrown_into_a_generator():
    def generate():
        try:
            yield 1
        finally:
            cleaned = True

    running = generate()
    next(running)
    running.throw(ValueError("thrown"))


@crash
def coroutines():
    async def outer(a):
        b = a + 1
        await inner(b)

    async def inner(c):
        await asyncio.sleep(0)
        fail()

    asyncio.run(outer(1))


@crash
def async_generators():
    async def generate(first):
        yield first
        fail()

    async def consume():
        return [number async for number in generate(1)]

    asyncio.run(consume())


@crash
def async_with():
    class Manager:
        async def __aenter__(self):
            return 1

        async def __aexit__(self, kind, error, where):
            fail()

    async def main():
        async with Manager() as entered:
            inside = entered

    asyncio.run(main())


@crash
def class_body():
    free = [1]

    class Body:
        x = 1
        y = free
        fail()
        z = 2


@crash
def nested_class_bodies():
    class Outer:
        x = 1

        class Inner:
            y = 2

            def method(self):
                pass

            fail()


class OrderedNamespace(collections.OrderedDict):
    pass


class Prepared(type):
    @classmethod
    def __prepare__(metacls, name, bases, **options):
        return OrderedNamespace(prepared=True)


@crash
def class_body_prepared():
    class Body(metaclass=Prepared):
        x = 1
        fail()


class Namespace(collections.UserDict):
    """A mapping that is no dict."""


class PreparedOddly(type):
    @classmethod
    def __prepare__(metacls, name, bases):
        return Namespace(prepared=True)


@crash
def class_body_in_a_mapping():
    class Body(metaclass=PreparedOddly):
        x = 1
        fail()


@crash
def executed():
    exec("x = 1\nfail()\n")


@crash
def executed_in_its_own_globals():
    exec("x = 1\nfail()\n", {"fail": fail})


@crash
def executed_in_its_own_module():
    exec("def f(a):\n    fail()\nf(1)", {"fail": fail, "__name__": "made", "__file__": "/nowhere/made.py"})


@crash
def executed_with_its_own_locals():
    exec("x = 1\nfail()\n", {"fail": fail, "__name__": "given"}, {"y": 2})


@crash
def executed_with_a_dict_subclass():
    exec("x = 1\nfail()\n", globals(), OrderedNamespace(y=2))


@crash
def executed_with_a_mapping():
    exec("x = 1\nfail()\n", globals(), Namespace(y=2))


@crash
def executed_with_odd_names():
    exec("x = 1\nfail()\n", globals(), {"not a name": 1, "None": 2, "": 3, "class": 4})


class Text(str):
    pass


class Hostile(dict):
    def forbidden(self, *args, **keywords):
        raise RuntimeError("the application's code was run")

    get = keys = items = copy = __iter__ = __len__ = __contains__ = forbidden


@crash
def executed_with_names_that_are_no_texts():
    exec("x = 1\nfail()\n", globals(), {1: "one", Text("y"): 2})


@crash
def executed_in_hostile_globals():
    exec("fail()\n", Hostile(fail=fail, __name__="hostile"), {"x": 1})


@crash
def executed_twice_in_one_namespace():
    shared = {"fail": fail, "__name__": "shared"}
    exec("a = 1", shared)
    exec("b = 2\nexec('c = 3; fail()')", shared)


@crash
def evaluated():
    local = 1
    eval("[fail() for x in (1, 2)][local]")


@crash
def evaluated_lambda():
    eval("lambda given: fail()", {"fail": fail})(1)


@crash
def own_code_object():
    types.FunctionType(fail.__code__, {"__name__": "elsewhere", "ValueError": LookupError})()


@crash
def run_by_path():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "script.py")
        with open(path, "w") as file:
            file.write("x = 1\ndef f():\n    inside = x\n    1 / 0\nf()\n")
        runpy.run_path(path, run_name="ran")


@crash
def run_as_a_module():
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(os.path.join(folder, "package_to_run"))
        for name, text in (("__init__", '"""Package."""\n'), ("__main__", "from . import nothing_there\n")):
            with open(os.path.join(folder, "package_to_run", name + ".py"), "w") as file:
                file.write(text)
        sys.path.insert(0, folder)
        runpy.run_module("package_to_run", run_name="__main__")


@crash
def imported_from_a_zip():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "archive.zip")
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("zipped.py", "def f(a):\n    b = a\n    return 1 / b\n")
        sys.path.insert(0, path)
        import zipped

        try:
            zipped.f(0)
        finally:
            del sys.modules["zipped"]


@crash
def module_that_fails_when_imported():
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "failing.py"), "w") as file:
            file.write('"""Fails."""\nx = 1\nclass C:\n    y = 1 / 0\n')
        sys.path.insert(0, folder)
        import failing


names = ["local_%d" % number for number in range(300)]
exec("def three_hundred_variables():\n    %s = range(300)\n    fail()\n" % ", ".join(names))
crash(three_hundred_variables)
exec("def three_hundred_parameters(%s):\n    fail()\n" % ", ".join(name + "=1" for name in names))
crash(three_hundred_parameters)


@crash
def names_of_builtins():
    print = exec = len = range = __builtins__ = sys = 1
    fail()


@crash
def names_in_other_scripts():
    größe, 名前, ª = 1, 2, 3
    fail()


@crash
def recursion_at_different_lines():
    def even(number):
        local = number * 10
        if number > 4:
            fail()
        if number % 2:
            return even(number + 1)
        else:
            return (
                even(number + 1)
            )

    even(0)


@crash
def one_function_for_two_modules():
    code = compile("def f(a):\n    return a()\n", "/nowhere/shared.py", "exec")
    first, second = {"__name__": "first"}, {"__name__": "second"}
    exec(code, first)
    exec(code, second)
    first["f"](lambda: second["f"](fail))


@crash
def frame_that_moved_on():
    def work():
        try:
            fail()
        except ValueError as error:
            kept = error

        after = 1
        raise kept

    work()


@crash
def error_of_a_frame_that_ended():
    def work(a):
        b = a
        try:
            fail()
        except ValueError as error:
            return error

    raise work(1)


@crash
def callbacks_of_c_code():
    sorted([3, 1, 2], key=lambda number: fail())


@crash
def destructured():
    [first, (second, *third)] = 1, (2, 3, 4)
    with open(os.devnull) as opened:
        for number in (1, 2):
            if (walrus := number) > 1:
                fail()


@crash
def matched():
    match_fails({"a": [1, 2]})


exec(
    """
def match_fails(value):
    match value:
        case {"a": [first, *rest], **others}:
            fail()
"""
)

if sys.version_info >= (3, 12):
    exec(
        """
@crash
def type_parameters():
    def generic[T](a: T) -> T:
        own = T
        fail()

    generic(1)


@crash
def default_of_a_generic_function():
    def generic[T](a: T = fail()):
        pass


@crash
def generic_class_body():
    class Generic[T]:
        x: T
        fail()


@crash
def value_of_a_type_alias():
    type Alias = [fail()]
    Alias.__value__
"""
    )

if sys.version_info >= (3, 14):
    exec(
        """
@crash
def annotation_evaluated():
    def annotated(a: fail()):
        pass

    annotated.__annotations__
"""
    )


def caught(function):
    try:
        function()
    except Exception as error:
        return pickle.dumps(error), crash_facts(error)


if __name__ == "__main__":
    import keeptrace

    keeptrace.init()
    with open(sys.argv[1], "wb") as file:
        pickle.dump({function.__name__: caught(function) for function in CRASHES}, file)
