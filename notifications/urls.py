"""The paths of notifications, under `scheduler/`."""

from api.routers import SeedRouter
from notifications import views

router = SeedRouter()
router.register("notification", views.NotificationViewSet, basename="notification")
router.register("notification/delivery", views.DeliveryViewSet, basename="delivery")

urlpatterns = router.urls
