"""Objects of one class in a list, each linked to its neighbours and to its parent.

Neighbours are those with the same parent: a chain through all of them would be too deep for the C pickler.
"""

FAMILY = 10


class Node:
    """One object of many."""

    def __init__(self, number, parent):
        self.number = number
        self.name = f"node {number}"
        self.weight = number * 0.5
        self.active = number % 3 == 0
        self.parent = parent
        self.left = None
        self.right = None


def linked(size):
    nodes = []
    for number in range(size):
        node = Node(number, nodes[number // FAMILY] if nodes else None)
        if number % FAMILY:
            node.left = nodes[-1]
            nodes[-1].right = node
        nodes.append(node)
    return nodes


def run(size):
    nodes = linked(size)
    return nodes[size]
