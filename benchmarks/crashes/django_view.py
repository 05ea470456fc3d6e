"""A Django view that fails with ORM objects in its hands, asked through Django's test client."""

import os

SETTINGS = "benchmarks.crashes.django_shop.settings"


def configure(folder):
    os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS
    os.environ["BENCHMARK_DATABASE"] = str(folder / "shop.sqlite")
    import django  # it reads its settings when it is imported

    django.setup()


def prepare(folder):
    from benchmarks.crashes.django_shop import models

    models.fill()


def run(size):
    from django.test import Client

    client = Client(headers={"user-agent": "benchmark"})
    return client.get("/orders/1/", {"currency": "EUR"})
