"""Paths of schedules, under `scheduler/`."""

from api.routers import SeedRouter
from schedules import views

router = SeedRouter()
router.register("schedule", views.ScheduleViewSet, basename="schedule")

urlpatterns = router.urls
