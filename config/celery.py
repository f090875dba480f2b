"""The Celery app. Its options live in settings under CELERY_."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("celeriac")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
