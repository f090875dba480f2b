"""Paths of jobs, under `scheduler/`."""

from api.routers import SeedRouter
from jobs import views

router = SeedRouter()
router.register("job", views.JobViewSet, basename="job")
for door in (
    views.SheetViewSet,
    views.UploadViewSet,
    views.ConnectorViewSet,
    views.WorkflowViewSet,
    views.ApiViewSet,
):
    router.register(f"job/{door.job_kind}", door, basename=f"job-{door.job_kind}")

urlpatterns = router.urls
