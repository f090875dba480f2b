"""The paths of executions."""

from api.routers import SeedRouter
from runs.views import ExecutionViewSet, TaskRunViewSet

router = SeedRouter()
router.register("execution", ExecutionViewSet, basename="execution")
router.register("execution/tasks", TaskRunViewSet, basename="execution-task")

urlpatterns = router.urls
