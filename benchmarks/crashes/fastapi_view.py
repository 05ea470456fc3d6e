"""A FastAPI endpoint under nested routers, with pydantic models and a dependency, asked through the test client."""

import fastapi
import pydantic
from fastapi.testclient import TestClient


class Address(pydantic.BaseModel):
    """Where a customer lives."""

    street: str
    city: str


class Item(pydantic.BaseModel):
    """One line of an order."""

    name: str
    price: float = pydantic.Field(ge=0)
    tags: list[str] = []


class Order(pydantic.BaseModel):
    """What is sent to the endpoint."""

    customer: str
    address: Address
    items: list[Item]


items = fastapi.APIRouter(prefix="/items")
orders = fastapi.APIRouter(prefix="/orders")


def discounts(code: str = "spring"):
    return {"code": code, "rates": {"spring": 0.1, "staff": None}}


@items.post("/total")
async def total(order: Order, discount: dict = fastapi.Depends(discounts)):  # noqa: B008 -- as FastAPI's users write it
    first = order.items[0]
    rate = discount["rates"][discount["code"]]
    return {"first": first.name, "total": reduced(order, rate)}


def reduced(order, rate):
    prices = [item.price for item in order.items]
    return sum(prices) * (1 - rate)


def run(size):
    orders.include_router(items)
    app = fastapi.FastAPI()
    app.include_router(orders, prefix="/api")
    lines = [{"name": f"item {n}", "price": n * 1.5, "tags": ["new", str(n)]} for n in range(50)]
    order = {"customer": "Ada", "address": {"street": "1 Main Street", "city": "London"}, "items": lines}
    client = TestClient(app)
    return client.post("/api/orders/items/total?code=staff", json=order)
