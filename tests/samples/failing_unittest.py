"""Tests that fail in every way that unittest knows; test_unittest.py runs them."""

import asyncio
import io
import unittest


def total(basket, prices):
    return sum(prices[name] * count for name, count in basket.items())


class Orders(unittest.TestCase):
    def setUp(self):
        self.prices = {"pen": 2}

    def test_passes(self):
        self.assertEqual(total({"pen": 3}, self.prices), 6)

    def test_error(self):
        basket = {"pencil": 3}
        total(basket, self.prices)

    def test_failure(self):
        found = total({"pen": 3}, self.prices)
        self.assertEqual(found, 7)

    def test_parameters(self):
        for count in range(3):
            with self.subTest(count=count, name="pen"):
                self.assertEqual(count, 1)

    def test_cleanup(self):
        self.addCleanup(total, {"ink": 1}, self.prices)

    def test_chain(self):
        try:
            total({"ink": 1}, self.prices)
        except KeyError as error:
            raise ValueError("no price") from error

    @unittest.expectedFailure
    def test_expected_failure(self):
        self.fail()

    @unittest.expectedFailure
    def test_unexpected_success(self):
        pass

    @unittest.skip("not today")
    def test_skipped(self):
        self.fail()

    def test_skips(self):
        with self.subTest():
            self.skipTest("not here")


class SetUp(unittest.TestCase):
    def setUp(self):
        raise OSError("set up")

    def test_never(self):
        pass


class TearDown(unittest.TestCase):
    def tearDown(self):
        raise OSError("torn down")

    def test_fails_twice(self):
        self.fail()


class SetUpClass(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise OSError("class")

    def test_never(self):
        pass


class TearDownClass(unittest.TestCase):
    @classmethod
    def tearDownClass(cls):
        raise OSError("class")

    def test_passes(self):
        pass


class CleanUpClass(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(total, {"ink": 1}, {})

    def test_passes(self):
        pass


class SkippedClass(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        raise unittest.SkipTest("not here")

    def test_never(self):
        pass


class Later(unittest.IsolatedAsyncioTestCase):
    async def asyncTearDown(self):
        await asyncio.sleep(0)
        raise OSError("later")

    async def test_later(self):
        found = await asyncio.sleep(0, 5)
        self.assertEqual(found, 6)


class TestsOfTests(unittest.TestCase):
    """What fails within a test is what that expects."""

    def test_runner(self):
        tests = unittest.defaultTestLoader.loadTestsFromTestCase(type("Inner", (TearDownClass, SetUp), {}))
        result = unittest.TextTestRunner(io.StringIO()).run(tests)
        self.assertGreaterEqual(len(result.errors), 3)


def tearDownModule():
    raise OSError("module")
