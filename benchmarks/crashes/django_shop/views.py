"""The view of an order, and the URL that leads to it."""

from django.http import JsonResponse
from django.urls import path

from benchmarks.crashes.django_shop.models import Order


def order_view(request, number):
    order = Order.objects.select_related("customer").prefetch_related("lines").get(pk=number)
    currency = request.GET["currency"]
    return JsonResponse({"customer": order.customer.name, "total": order_total(order), "currency": currency})


def order_total(order):
    lines = list(order.lines.all())
    return sum([line.price * 2 for line in lines])


urlpatterns = [path("orders/<int:number>/", order_view)]
