"""Paths of tokens, members and the audit trail, under `scheduler/`."""

from api import views
from api.routers import SeedRouter

router = SeedRouter()
router.register("token", views.TokenViewSet, basename="token")
router.register("member", views.MemberViewSet, basename="member")
router.register("audit", views.AuditViewSet, basename="audit")

urlpatterns = router.urls
