"""The paths of executions and nodes."""

from api.routers import SeedRouter
from jobs.doors import route
from runs.job_views import JobRunsView
from runs.node_views import NodeViewSet
from runs.views import ExecutionViewSet, TaskRunViewSet

router = SeedRouter()
router.register("execution", ExecutionViewSet, basename="execution")
router.register("execution/tasks", TaskRunViewSet, basename="execution-task")
router.register("node", NodeViewSet, basename="node")
route(router, JobRunsView)

urlpatterns = router.urls
