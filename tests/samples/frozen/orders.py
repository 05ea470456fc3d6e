class Order:
    def __init__(self, lines):
        self.lines = lines


def total(order, threshold=3):
    count = len(order.lines)
    return threshold / sum(order.lines) / count


def crash():
    return total(Order([1, -1]))
