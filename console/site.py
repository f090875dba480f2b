"""Django's admin under the service's own name, its index in the order in which one thinks of things."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest

ORDER = ("dags", "jobs", "runs", "schedules", "notifications", "api", "auth")  # then what libraries keep
NAMES = {
    "auth": "People",
    "axes": "Failed logins",
    "django_celery_beat": "Celery beat",
    "django_celery_results": "Celery results",
}


class Site(AdminSite):
    """The admin."""

    site_title = site_header = "Celeriac"
    index_title = "Admin"

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        for app in apps:
            app["name"] = NAMES.get(app["app_label"], app["name"])
        return sorted(apps, key=lambda app: ORDER.index(app["app_label"]) if app["app_label"] in ORDER else len(ORDER))
