"""A script of three frames: this one's caller, this one and the one that fails."""

PRICES = {"pen": 1.5, "ink": 7.25}


def total(order, discount):
    price = sum(PRICES[name] * amount for name, amount in order.items())
    return price / discount


def run(size):
    order = {"pen": 3, "ink": 1}
    customer = {"name": "Ada", "address": ("1 Main Street", "London"), "orders": [order]}
    return customer["name"], total(order, len(customer) - 3)
