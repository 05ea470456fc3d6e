"""Large plain data in the variables: a list, a dict and rows."""


def numbers_keys_rows():
    numbers = list(range(1_000_000))
    keys = {f"key {n}": n for n in range(200_000)}
    rows = [{"id": n, "name": f"row {n}", "price": n * 0.25, "sold": n % 2 == 0} for n in range(20_000)]
    return numbers, keys, rows


def run(size):
    numbers, keys, rows = numbers_keys_rows()
    return sum(numbers), rows[keys["key 7"]]["missing"]
