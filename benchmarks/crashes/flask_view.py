"""A Flask view behind a blueprint, a decorator and a service that fails, asked through Flask's test client."""

import dataclasses
import functools

import flask

shop = flask.Blueprint("shop", __name__, url_prefix="/shop")


@dataclasses.dataclass
class Item:
    """One line of a basket."""

    name: str
    price: float
    tags: list[str]


class Basket:
    """What a customer has chosen."""

    def __init__(self, number, items):
        self.number = number
        self.items = items
        self.discounts = {"spring": 0.1, "staff": None}

    def total(self, discount):
        return sum(self.prices(discount))

    def prices(self, discount):
        return [self.reduced(item, discount) for item in self.items]

    def reduced(self, item, discount):
        return item.price * self.share(discount)

    def share(self, discount):
        rate = self.discounts[discount]
        return 1 - rate


class Service:
    """The application's own layers."""

    def __init__(self):
        names = [f"item {number}" for number in range(20)]
        self.baskets = {7: Basket(7, [Item(name, len(name) * 1.5, ["new", name[-1]]) for name in names])}

    def receipt(self, number, discount):
        basket = self.baskets[number]
        return self.printed(basket, basket.number, discount)

    def printed(self, basket, title, discount):
        lines = [f"Receipt {title}", *(item.name for item in basket.items)]
        return [*lines, basket.total(discount)]


SERVICE = Service()


def logged(view):
    @functools.wraps(view)
    def wrapper(*arguments, **keywords):
        request_id = flask.request.headers.get("X-Request-Id")
        response = view(*arguments, **keywords)
        return response, {"X-Request-Id": request_id}

    return wrapper


def authorized(role):
    def decorate(view):
        @functools.wraps(view)
        def wrapper(*arguments, **keywords):
            user = {"name": "Ada", "roles": ["customer", role]}
            allowed = role in user["roles"]
            return view(*arguments, **keywords) if allowed else ("", 403)

        return wrapper

    return decorate


class Prefixed:
    """WSGI middleware: the application under a path of its own."""

    def __init__(self, application, prefix):
        self.application = application
        self.prefix = prefix

    def __call__(self, environ, start_response):
        environ["SCRIPT_NAME"] = self.prefix
        return self.application(environ, start_response)


@shop.get("/baskets/<int:number>")
@logged
@authorized("customer")
def basket_view(number):
    discount = flask.request.args["discount"]
    return {"receipt": SERVICE.receipt(number, discount)}


def run(size):
    app = flask.Flask(__name__)
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.register_blueprint(shop)
    app.wsgi_app = Prefixed(app.wsgi_app, "/eu")
    return ask(app.test_client(), {"X-Request-Id": "42"})


def ask(client, headers):
    return client.get("/shop/baskets/7?discount=staff", headers=headers)
