"""The settings of the shop."""

import os

ALLOWED_HOSTS = ["*"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["BENCHMARK_DATABASE"]}}
INSTALLED_APPS = ["benchmarks.crashes.django_shop"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware", "django.middleware.http.ConditionalGetMiddleware"]
ROOT_URLCONF = "benchmarks.crashes.django_shop.views"
USE_TZ = True
