"""A column that a pandas frame does not have."""

import pickle
import sys
import traceback

import pandas

import keeptrace

keeptrace.init()


def total(sales, column):
    by_shop = sales.groupby("shop")["count"].sum()
    return by_shop, sales[column].sum()


try:
    total(pandas.DataFrame({"shop": ["north", "south", "north"], "count": [3, 4, 5]}), "price")
except KeyError as error:
    with open(sys.argv[1], "wb") as file:
        pickle.dump({"error": error, "text": traceback.format_exc()}, file)
