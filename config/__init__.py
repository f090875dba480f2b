"""Settings, urls, the Celery app: names the rest by string, imported by nobody."""

from .celery import app as celery_app

__all__ = ["celery_app"]
