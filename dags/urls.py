"""Paths of projects, graphs, tasks and edges, under `scheduler/`."""

from api.routers import SeedRouter
from dags import views

router = SeedRouter()
router.register("project", views.ProjectViewSet, basename="project")
router.register("dag", views.DagViewSet, basename="dag")
router.register("task", views.TaskViewSet, basename="task")
router.register("edge", views.EdgeViewSet, basename="edge")

urlpatterns = router.urls
