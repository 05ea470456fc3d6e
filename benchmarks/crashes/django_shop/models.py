"""Customers, their orders and what they ordered."""

from django.db import connection, models


class Customer(models.Model):
    """Who orders."""

    name = models.CharField(max_length=50)
    joined = models.DateTimeField(auto_now_add=True)


class Order(models.Model):
    """What was ordered together."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE)
    note = models.TextField(default="")


class Line(models.Model):
    """One thing that was ordered."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    name = models.CharField(max_length=50)
    price = models.DecimalField(max_digits=8, decimal_places=2, null=True)


def fill():
    """Create the tables, and one order of 50 lines whose last has no price; there may be more from other runs."""
    present = connection.introspection.table_names()
    with connection.schema_editor() as editor:
        for model in (Customer, Order, Line):
            if model._meta.db_table not in present:
                editor.create_model(model)
    order = Order.objects.create(customer=Customer.objects.create(name="Ada"), note="urgent")
    Line.objects.bulk_create(Line(order=order, name=f"item {n}", price=None if n == 49 else n) for n in range(50))
