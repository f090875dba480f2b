"""Every path of the service, composed from the apps; each answers with and without its trailing slash."""

from csp.decorators import csp_update
from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config import views

# Swagger's stylesheet and script hold their icons as data: addresses; all else is as everywhere.
docs = csp_update({"img-src": ["data:"]})(SpectacularSwaggerSplitView.as_view(url_name="schema"))

urlpatterns = [
    path("", include("console.urls")),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("scheduler/", include("api.urls")),
    path("scheduler/", include("dags.urls")),
    path("scheduler/", include("jobs.urls")),
    path("scheduler/", include("runs.urls")),
    path("scheduler/", include("scheduler.urls")),
    path("scheduler/", include("schedules.urls")),
    path("scheduler/", include("notifications.urls")),
    path("api/v1/", include("schedules.policies.urls")),
    re_path(r"^api/schema/?$", SpectacularAPIView.as_view(), name="schema"),
    re_path(r"^api/docs/?$", docs, name="docs"),
    re_path(r"^health/live/?$", views.LiveView.as_view(), name="health-live"),
    re_path(r"^health/ready/?$", views.ReadyView.as_view(), name="health-ready"),
    re_path(r"^metrics/?$", views.MetricsView.as_view({"get": "list"}), name="metrics"),
]

handler400 = "api.handler.bad_request"
handler403 = "console.faults.forbidden"
handler404 = "console.faults.not_found"
handler500 = "console.faults.server_error"
