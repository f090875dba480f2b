"""Paths of jobs, under `scheduler/`."""

from api.routers import SeedRouter
from jobs import views

router = SeedRouter()
router.register("job", views.JobViewSet, basename="job")

urlpatterns = router.urls
