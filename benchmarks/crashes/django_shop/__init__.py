"""A small Django shop, whose view of an order fails."""
