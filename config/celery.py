"""The Celery app. Its options live in settings under CELERY_."""

import os

from celery import Celery

from scheduler import transport

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

transport.use()
app = Celery("celeriac")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
