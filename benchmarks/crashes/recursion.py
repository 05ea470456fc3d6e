"""A function that calls itself until Python stops it."""


def walk(node, path):
    step = {"node": node, "length": len(path)}
    return walk(node["child"], f"{path[-40:]}/{step['length']}")


def run(size):
    node = {"name": "root"}
    node["child"] = node
    return walk(node, "")
