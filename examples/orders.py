"""A small shop that crashes: it prints its invoices, and one order is not like the others.

Only the last lines know about keeptrace; they are all that an application needs.
"""

from __future__ import annotations

import dataclasses
import pickle

import keeptrace

RATE = 5.9  # for sending a kilogram


@dataclasses.dataclass
class Item:
    name: str
    price: float
    weight: float | None  # kilograms


@dataclasses.dataclass
class Order:
    customer: str
    items: list[Item]

    def shipping(self, rate: float) -> float:
        """Price of sending the order."""
        return sum(item.weight * rate for item in self.items)


ORDERS = [
    Order("Ada", [Item("notebook", 4.5, 0.3), Item("pen", 1.2, 0.02)]),
    Order("Grace", [Item("lamp", 39.0, 1.4), Item("gift card", 25.0, None)]),
]


def invoice(order: Order) -> str:
    goods = sum(item.price for item in order.items)
    total = goods + order.shipping(RATE)
    return f"{order.customer}: {total:.2f}"


def main() -> None:
    for order in ORDERS:
        print(invoice(order))


if __name__ == "__main__":
    keeptrace.init()
    try:
        main()
    except Exception as exc:
        with open("crash.pkl", "wb") as f:
            pickle.dump(exc, f)
        print(f"crashed: {exc}; see crash.pkl")
