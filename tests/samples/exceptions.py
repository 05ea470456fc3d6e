"""Exceptions of every kind: each function marked @crash raises one. Run as a program, it dumps them all.

    python exceptions.py CRASHES.pkl        writes {name: (pickle of the exception, its printed text)}
"""

import asyncio
import contextlib
import importlib
import os
import pickle
import subprocess
import sys
import tempfile
import threading
import traceback

GROUPS = sys.version_info >= (3, 11)
CRASHES = []


def crash(function):
    CRASHES.append(function)
    return function


def caught(function, *args):
    try:
        function(*args)
    except BaseException as error:
        return error


def throw(error):
    raise error


# Chains


@crash
def during_handling():
    try:
        1 / 0
    except ZeroDivisionError:
        {}["missing"]


@crash
def direct_cause():
    try:
        int("x")
    except ValueError as error:
        raise RuntimeError("while reading") from error


@crash
def suppressed():
    try:
        int("x")
    except ValueError:
        raise RuntimeError("alone") from None


@crash
def cause_that_was_never_raised():
    raise RuntimeError("outside") from OSError(2, "nothing here")


@crash
def cause_given_as_a_class():
    raise RuntimeError("outside") from KeyError


@crash
def both_cause_and_context():
    try:
        1 / 0
    except ZeroDivisionError:
        raise RuntimeError("outside") from caught(int, "x")


@crash
def long_chain():
    error = ValueError(0)
    for number in range(1, 60):
        try:
            raise ValueError(number) from error
        except ValueError as latest:
            error = latest
    raise error


@crash
def contexts_in_a_cycle():
    first, second = caught(int, "first"), caught(int, "second")
    first.__context__, second.__context__ = second, first
    raise first


@crash
def its_own_cause():
    error = ValueError("itself")
    error.__cause__ = error
    raise error


@crash
def one_exception_twice_in_a_chain():
    shared = caught(int, "x")
    error = ValueError("both")
    error.__cause__ = error.__context__ = shared
    raise error


@crash
def raised_again_by_another_function():
    error = caught(int, "x")
    try:
        throw(error)
    except ValueError:
        throw(error)


@crash
def raised_in_a_finally_block():
    try:
        int("x")
    finally:
        {}["finally"]


@crash
def raised_by_an_exit_method():
    with contextlib.ExitStack() as stack:
        stack.callback(int, "x")
        stack.callback({}.__getitem__, "y")
        raise OSError("z")


# Notes


@crash
def notes():
    error = ValueError("noted")
    error.__notes__ = ["one", "two\nlines", "wide 漢字", ""]
    raise error


@crash
def notes_that_are_not_texts():
    error = ValueError("noted")
    error.__notes__ = [1, None, ("a", "b"), ["nested", {"deeply": ["indeed"]}]]
    raise error


@crash
def notes_that_are_no_list():
    error = ValueError("noted")
    error.__notes__ = "text"
    raise error


# Groups

if GROUPS:

    class OurGroup(ExceptionGroup):
        def __new__(cls, message, members, code):
            created = super().__new__(cls, message, members)
            created.code = code
            return created

        def derive(self, members):
            return OurGroup(self.message, members, self.code)

    @crash
    def group():
        raise ExceptionGroup("several", [caught(int, "x"), caught(throw, KeyError("y")), ValueError("never raised")])

    @crash
    def nested_groups():
        inner = caught(throw, ExceptionGroup("inner", [caught(int, "x"), OSError(1, "no")]))
        raise BaseExceptionGroup("outer", [inner, KeyboardInterrupt(), ExceptionGroup("unraised", [TypeError()])])

    @crash
    def group_in_a_chain():
        try:
            group()
        except ExceptionGroup as error:
            raise RuntimeError("handling") from error

    @crash
    def chains_in_a_group():
        raise ExceptionGroup("several", [caught(during_handling), caught(direct_cause), caught(suppressed)])

    @crash
    def group_of_many():
        raise ExceptionGroup("many", [ValueError(number) for number in range(20)])

    @crash
    def groups_deep_inside_each_other():
        error = ValueError("innermost")
        for number in range(14):
            error = ExceptionGroup(str(number), [error])
        raise error

    @crash
    def group_with_notes():
        error = ExceptionGroup("noted", [caught(int, "x")])
        error.add_note("on the group")
        error.exceptions[0].add_note("on the member")
        raise error

    @crash
    def group_of_our_own():
        raise OurGroup("ours", [caught(int, "x"), KeyError(1)], 7)

    @crash
    def group_of_our_own_split():
        raise caught(group_of_our_own).split(KeyError)[1]

    @crash
    def group_with_one_member_twice():
        member = caught(int, "x")
        raise ExceptionGroup("twice", [member, member])

    @crash
    def task_group():
        async def work(number):
            await asyncio.sleep(0)
            raise ValueError(number)

        async def main():
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(work(1))
                tasks.create_task(work(2))

        asyncio.run(main())


# Syntax errors


@crash
def syntax_error_by_eval():
    eval("1 +* 2")


@crash
def syntax_error_by_compile():
    compile("x = 1\ndef f(:\n    pass\n", "<generated>", "exec")


@crash
def indentation_error():
    compile("if True:\nx = 1\n", "<generated>", "exec")


@crash
def tab_error():
    exec("if True:\n        x = 1\n\ty = 2\n")


@crash
def syntax_error_over_lines():
    eval("call(1,\n  2 3,\n 4)")


@crash
def unclosed_bracket():
    compile("x = (1,\n", "<generated>", "exec")


@crash
def syntax_error_in_an_imported_file():
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "badly_written.py"), "w", encoding="utf-8") as file:
            file.write("first = 1\nname = 'ünï' é $ 2\n")
        sys.path.insert(0, folder)
        importlib.invalidate_caches()
        try:
            import badly_written
        finally:
            sys.path.remove(folder)


@crash
def syntax_error_made_by_hand():
    raise SyntaxError("by hand", ("nowhere.py", 3, 5, "some text here\n"))


@crash
def syntax_error_made_by_hand_with_an_end():
    raise SyntaxError("by hand", ("nowhere.py", 3, 5, "some text here\n", 3, 9))


@crash
def syntax_error_with_a_message_only():
    raise SyntaxError("message only")


@crash
def syntax_error_with_nothing():
    raise SyntaxError


@crash
def syntax_error_with_odd_fields():
    error = SyntaxError("odd")
    error.filename, error.lineno, error.offset, error.text = None, 0, -1, ""
    raise error


@crash
def syntax_error_of_our_own():
    raise TemplateError("bad tag", ("page.html", 12, 4, "{% iff %}\n"))


class TemplateError(SyntaxError):
    """As template engines raise."""


@crash
def decode_error_of_a_source_file():
    compile(b"# coding: ascii\nx = '\xe9'\n", "<bytes>", "exec")


# Carets and lines


@crash
def carets_under_a_part_of_the_line():
    numbers = {"a": {"b": None}}
    return 1 + numbers["a"]["b"]["c"] + 2


@crash
def carets_under_an_operator():
    left, right = [], 1
    return [1, 2] + (left    /   right) + [3]


@crash
def statement_over_lines():
    return (
        len("abc")
        + int(
            "not a number",
        )
        + len("def")
    )


@crash
def call_over_lines():
    throw(
        ValueError(
            "first",
            "second",
        )
    )


@crash
def long_statement_over_lines():
    return dict(
        a=1,
        b=2,
        c=3,
        d=4,
        e=throw(ValueError(
            "in the middle"
        )),
        f=5,
        g=6,
        h=7,
    )


@crash
def wide_characters_in_the_line():
    größe = "漢字"; return größe + "ñ" + 1 + "🐍"  # é


@crash
def unicode_names():
    def größe(ñ):
        return ñ["🐍"]

    größe({})


@crash
def tabs_in_the_line():
	values	=	[1];	return	values[0]	+	values[9]


@crash
def backslash_continuation():
    x = 1; return x + \
        int("x") + \
        x


@crash
def lambda_in_a_call():
    return list(map(lambda x: 1 / x, [1, 0]))


@crash
def failing_assertion():
    value = [1, 2]
    assert len(value) == 3, "three were %s" % "wanted"


@crash
def assertion_over_lines():
    value = [1, 2]
    assert (
        len(value)
        == 3
    )


@crash
def line_repeated():
    def again(number):
        return again(number - 1) if number else int("x")

    again(50)


@crash
def lines_repeated_in_turn():
    def even(number):
        return odd(number - 1)

    def odd(number):
        if not number % 20:
            return even(number - 1)
        if number < 0:
            raise ValueError(number)
        return odd(number - 1)

    even(90)


@crash
def recursion_error():
    def endless(number):
        return endless(number + 1) + 1

    endless(0)


@crash
def exception_in_a_comprehension():
    return [[1 / number for number in row] for row in ([1], [2, 0])]


@crash
def exception_in_a_decorator():
    @throw
    @str.upper
    def decorated():
        pass


@crash
def exception_in_a_with_statement():
    with open(
        "/no/such/file"
    ) as file:
        pass


@crash
def exception_in_a_class_body():
    class Broken:
        x = 1
        y = x.missing.attribute


# Built-in exceptions with fields of their own


@crash
def os_error():
    open("/no/such/file")


@crash
def os_error_with_two_names():
    os.rename("/no/such/file", "/nor/this")


@crash
def os_error_with_text_only():
    raise OSError("just text")


@crash
def os_error_with_three_arguments():
    raise OSError(5, "text", "name")


@crash
def connection_error():
    raise ConnectionResetError(104, "reset by peer")


@crash
def blocking_io_error():
    raise BlockingIOError(11, "would block", 17)


@crash
def unicode_decode_error():
    b"caf\xe9".decode("utf-8")


@crash
def unicode_encode_error():
    "caf\xe9".encode("ascii")


@crash
def unicode_translate_error():
    raise UnicodeTranslateError("abc", 1, 2, "no reason")


@crash
def import_error():
    from os import no_such_name


@crash
def import_error_with_a_suggestion():
    from os import getcwdd


@crash
def module_not_found():
    import no_such_module.inside


@crash
def import_error_with_fields():
    raise ImportError("text", name="name", path="/path")


@crash
def key_error():
    {}["a\nkey 'quoted'"]


@crash
def key_error_with_two_arguments():
    raise KeyError(1, "two")


@crash
def stop_iteration():
    error = StopIteration({"a": "value"})
    raise error


@crash
def stop_iteration_in_a_generator():
    def generate():
        next(iter(()))
        yield

    list(generate())


@crash
def stop_async_iteration():
    raise StopAsyncIteration("over")


@crash
def system_exit():
    sys.exit(3)


@crash
def system_exit_with_text():
    sys.exit("goodbye")


@crash
def keyboard_interrupt():
    raise KeyboardInterrupt


@crash
def generator_exit():
    raise GeneratorExit


@crash
def cancelled():
    raise asyncio.CancelledError("because")


@crash
def exception_without_arguments():
    raise Exception


@crash
def exception_with_an_empty_text():
    raise Exception("")


@crash
def exception_with_lines_of_text():
    raise Exception("first\nsecond\n\nthird ü 漢字\n")


@crash
def exception_with_surrogates():
    raise Exception("\udcff lone \ud800")


@crash
def exception_whose_argument_is_an_object():
    raise Exception(Plain(), [Plain()], {"k": Plain})


class Plain:
    def __repr__(self):
        return "Plain!"


@crash
def exception_whose_argument_is_an_exception():
    raise RuntimeError(caught(int, "x"))


@crash
def exception_whose_argument_is_itself():
    error = RuntimeError()
    error.args = (error,)
    raise error


@crash
def exception_whose_arguments_changed():
    error = ValueError("before")
    error.args = ("after", 2)
    raise error


# Suggestions: made when the exception is printed, from the frame's variables and the object


class Account:
    currency = "EUR"

    def __init__(self):
        self.balance = 1
        self._secret = 2

    def deposit(self):
        return self.balence

    def method_without_self(self):
        return balance


class SlottedAccount:
    __slots__ = ("balance",)


@crash
def attribute_misspelt():
    Account().deposit()


@crash
def method_misspelt():
    Account().deposti()


@crash
def class_attribute_misspelt():
    Account.curency


@crash
def slot_misspelt():
    account = SlottedAccount()
    account.balance = 1
    account.balanec


@crash
def module_attribute_misspelt():
    os.path.joinn


@crash
def own_module_attribute_misspelt():
    sys.modules[__name__].CRASHESS


@crash
def attribute_of_a_builtin_misspelt():
    [].appendd


@crash
def attribute_of_a_text_misspelt():
    "text".uper()


@crash
def nothing_like_this_attribute():
    Account().zzzzzzzzzzz


@crash
def attribute_error_made_by_hand():
    raise AttributeError("by hand", name="balence", obj=Account())


@crash
def local_misspelt():
    counter = 1
    return countr


@crash
def global_misspelt():
    return CRASHSE


@crash
def builtin_misspelt():
    return prnit


@crash
def self_forgotten():
    Account().method_without_self()


@crash
def module_not_imported():
    return collections.Counter()


@crash
def local_used_too_early():
    print(later)
    later = 1


@crash
def free_variable_used_too_early():
    def inner():
        return later

    inner()
    later = 1


@crash
def keyword_misspelt():
    sorted([], revers=True)


# Exception classes of every shape


class TwoRequired(Exception):
    def __init__(self, first, second, *, third):
        super().__init__(first)
        self.second, self.third = second, third

    def __str__(self):
        return "%s and %s" % (self.args[0], self.second)


class NotCallingSuper(Exception):
    def __init__(self, first, second):
        self.first, self.second = first, second


class Slotted(Exception):
    __slots__ = ("code", "never_set")

    def __init__(self, code):
        self.code = code

    def __str__(self):
        return f"code {self.code}"


class WithProperties(Exception):
    @property
    def args(self):
        raise RuntimeError("args is a property")

    @property
    def status(self):
        return self._status

    def __getattr__(self, name):
        raise AttributeError("no %s" % name)

    def __str__(self):
        return "with properties"


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("cannot be printed")


class NotText(Exception):
    def __str__(self):
        return 12


class Both(KeyError, AttributeError):
    pass


class FromTheFileSystem(OSError, ValueError):
    pass


class SubText(str):
    pass


class PrintsSubText(Exception):
    def __str__(self):
        return SubText("sub text")


class MetaException(type):
    def __call__(cls, *args):
        return super().__call__(*args, "added")


class WithMetaclass(Exception, metaclass=MetaException):
    pass


class Generic(Exception):
    def __class_getitem__(cls, item):
        return cls


class HasNew(Exception):
    def __new__(cls, required):
        return super().__new__(cls, required * 2)


class Outer:
    class Nested(LookupError):
        pass


@crash
def required_arguments():
    raise TwoRequired("one", "two", third=3)


@crash
def init_that_does_not_call_super():
    raise NotCallingSuper("one", "two")


@crash
def slots():
    raise Slotted(7)


@crash
def properties():
    raise WithProperties("hidden")


@crash
def text_fails():
    raise Unprintable("x")


@crash
def text_is_a_number():
    raise NotText("x")


@crash
def text_of_a_subclass():
    raise PrintsSubText("x")


@crash
def two_builtin_bases():
    raise Both("a key")


@crash
def two_builtin_bases_with_fields():
    raise FromTheFileSystem(2, "No such thing", "name.txt")


@crash
def metaclass():
    raise WithMetaclass("given")


@crash
def generic_class():
    raise Generic[int]("generic")


@crash
def class_with_new():
    raise HasNew("twice ")


@crash
def nested_class():
    raise Outer.Nested("nested")


@crash
def class_inside_a_function():
    class Local(ValueError):
        pass

    raise Local("local")


@crash
def class_made_by_type():
    raise type("Made", (ValueError,), {})("made")


@crash
def class_of_main():
    raise type("InMain", (ValueError,), {"__module__": "__main__"})("main")


@crash
def class_of_builtins():
    raise type("Invented", (ValueError,), {"__module__": "builtins"})("builtins")


@crash
def class_of_a_module_that_is_no_more():
    raise type("Gone", (ValueError,), {"__module__": "gone.away"})("gone")


@crash
def error_of_the_standard_library():
    raise subprocess.CalledProcessError(3, ["ls", "-l"], b"out", b"err")


@crash
def timeout_of_the_standard_library():
    raise subprocess.TimeoutExpired("ls", 5)


@crash
def json_error():
    import json

    json.loads('{"a": nothing}')


@crash
def xml_error():
    import xml.etree.ElementTree

    xml.etree.ElementTree.fromstring("<a><b></a>")


@crash
def http_error():
    import urllib.error

    raise urllib.error.HTTPError("http://example.org", 404, "Not Found", {}, None)


@crash
def re_error():
    import re

    re.compile("(unclosed")


@crash
def error_of_another_thread():
    errors = []
    thread = threading.Thread(target=lambda: errors.append(caught(int, "x")))
    thread.start()
    thread.join()
    raise errors[0]


@crash
def error_of_a_future():
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        pool.submit(int, "x").result()


@crash
def several_frames_with_one_error():
    def inner():
        try:
            int("x")
        except ValueError as error:
            raise error

    try:
        inner()
    except ValueError as error:
        raise error.with_traceback(error.__traceback__.tb_next)


def printed(error):
    return "".join(traceback.format_exception(type(error), error, error.__traceback__))


def dump(function):
    error = caught(function)
    keeptrace.init()  # again, for the classes made meanwhile
    return pickle.dumps(error), printed(error)


if __name__ == "__main__":
    import keeptrace

    keeptrace.init()
    with open(sys.argv[1], "wb") as file:
        pickle.dump({function.__name__: dump(function) for function in CRASHES}, file)
