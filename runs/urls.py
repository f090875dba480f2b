"""The paths of executions."""

from api.routers import SeedRouter
from jobs.doors import route
from runs.job_views import JobRunsView
from runs.views import ExecutionViewSet, TaskRunViewSet

router = SeedRouter()
router.register("execution", ExecutionViewSet, basename="execution")
router.register("execution/tasks", TaskRunViewSet, basename="execution-task")
route(router, JobRunsView)

urlpatterns = router.urls
