"""Paths of schedules, and of presets of policies, under `scheduler/`."""

from api.routers import SeedRouter
from schedules import views
from schedules.policies.views import PresetViewSet

router = SeedRouter()
router.register("schedule", views.ScheduleViewSet, basename="schedule")
router.register("preset", PresetViewSet, basename="preset")

urlpatterns = router.urls
