"""Tests that fail in every way that pytest knows; test_pytest_plugin.py runs them."""

import doctest
import unittest

import pytest
from prices import total


def test_passes():
    pass


def test_assertion():
    cart = {"pens": 3}
    assert total(cart) == 4, "the sum"


def test_error():
    cart = {"pencils": 3}
    total(cart)


@pytest.mark.parametrize(("number", "colour"), [(1, "red"), (2, object())])
def test_parameters(number, colour):
    assert number == 5


@pytest.fixture
def breaks():
    stock = 5
    raise LookupError("no stock")


@pytest.fixture
def breaks_later():
    yield 1
    left = 7
    raise OSError("not closed")


def test_set_up(breaks):
    pass


def test_teardown(breaks_later):
    pass


@pytest.fixture(scope="module")
def server():
    raise ConnectionError("no server")


def test_shared(server):
    pass


def test_shared_too(server):
    pass


@pytest.mark.xfail
def test_expected():
    raise AssertionError


@pytest.mark.xfail(strict=True)
def test_unexpected():
    pass


def test_skips():
    pytest.skip("not now")


def test_fails():
    reason = "by hand"
    pytest.fail(reason)


def test_does_not_raise():
    with pytest.raises(KeyError):
        pass


def test_no_such_fixture(no_such_fixture):
    pass


def test_hidden():
    def check(value):
        __tracebackhide__ = True
        raise ValueError(value)

    check(3)


def test_chain():
    try:
        total({"ink": 1})
    except KeyError as error:
        raise RuntimeError("no price") from error


def test_loop(subtests):
    for number in range(3):
        with subtests.test(number=number):
            assert number % 2


class TestCase(unittest.TestCase):
    def test_equal(self):
        found = 5
        self.assertEqual(found, 6)

    def test_loop(self):
        for number in range(3):
            with self.subTest(number=number):
                self.assertEqual(number % 2, 0)

    @unittest.expectedFailure
    def test_expected(self):
        self.fail()

    def test_skips(self):
        self.skipTest("not now")


class TestClassSetUp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        place = "class"
        raise OSError(place)

    def test_never(self):
        pass


class TestAsync(unittest.IsolatedAsyncioTestCase):
    async def test_later(self):
        found = 5
        self.assertEqual(found, 7)
