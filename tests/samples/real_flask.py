"""A Flask view that crashes, through Flask's test client."""

import pickle
import sys
import traceback

import flask

import keeptrace

keeptrace.init()
app = flask.Flask(__name__)
app.config["PROPAGATE_EXCEPTIONS"] = True
BASKETS = {7: {"customer": "Ada", "prices": []}}


@app.route("/baskets/<int:number>")
def basket_view(number):
    basket = BASKETS[number]
    agent = flask.request.headers["User-Agent"]
    return {"mean": mean(basket["prices"]), "agent": agent}


def mean(prices):
    return sum(prices) / len(prices)


try:
    app.test_client().get("/baskets/7", headers={"User-Agent": "tests"})
except ZeroDivisionError as error:
    with open(sys.argv[1], "wb") as file:
        pickle.dump({"error": error, "text": traceback.format_exc()}, file)
