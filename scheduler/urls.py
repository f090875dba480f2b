"""The paths of actions: launching, cancelling, reporting."""

from django.urls import re_path

from api.routers import SeedRouter
from jobs.doors import route
from scheduler.job_views import JobLaunchView
from scheduler.project_views import ProjectRunView
from scheduler.specs.views import JobSpecView
from scheduler.views import ExecutionActions, LaunchView, ReportByKeyView, ReportByOneTimeKeyView, ReportView

router = SeedRouter()
router.register("dag", LaunchView, basename="dag-launch")
router.register("project", ProjectRunView, basename="project-run")
router.register("execution", ExecutionActions, basename="execution-action")
router.register("execution/tasks", ReportView, basename="execution-task-report")
router.register("job-spec", JobSpecView, basename="job-spec")
route(router, JobLaunchView)

urlpatterns = [
    *router.urls,
    re_path(
        r"^execution/report-by-key/(?P<key>[^\x00]+?)/?$",
        ReportByKeyView.as_view({"get": "retrieve", "post": "create"}),
        name="report-by-key",
    ),
    # Whatever stands where the key should: a malformed one gets the same answer as an unknown one.
    re_path(
        r"^execution/report/(?P<key>[\s\S]*?)/?$", ReportByOneTimeKeyView.as_view({"post": "create"}), name="report-one-time"
    ),
]
