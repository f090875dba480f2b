"""The doors to notifications. Their addresses may be secrets themselves, so they are seen by whoever may change them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import visible
from api.doors import Door, EditingDoor
from api.filtering import Filters
from api.idempotency import idempotent
from api.rights import Scope
from notifications import filters, schemas, serializers, services
from notifications.models import Delivery, Notification


@schemas.NOTIFICATIONS
class NotificationViewSet(EditingDoor):
    """Notifications of projects."""

    kind = "notification"
    needs = {
        **EditingDoor.needs,
        **dict.fromkeys(("list", "retrieve", "deliveries", "test", "rotate"), Scope.EDIT),
    }
    queryset = Notification.objects.all()
    serializer_class = serializers.NotificationSerializer
    filterset_class = filters.NotificationFilter
    search_fields = ["name"]
    shown_once = ("secret",)

    def get_queryset(self) -> QuerySet[Notification]:
        if self.action == "list":
            return visible(self.rows(), self.request, right=Scope.EDIT)
        return super().get_queryset()

    def get_serializer_class(self) -> type[serializers.NotificationSerializer]:
        shows_secret = self.action in {"create", "rotate"}
        return serializers.NewNotificationSerializer if shows_secret else serializers.NotificationSerializer

    def made(self, fields: Mapping[str, Any]) -> Notification:
        return _with_secret(services.create_notifications([fields])[0])

    def changed(self, pk: int, fields: Mapping[str, Any]) -> Notification:
        return services.update_notifications({pk: fields})[0]

    def perform_destroy(self, instance: Notification) -> None:
        services.delete_notifications([instance.pk])

    @schemas.DELIVERIES
    @action(detail=True, filterset_class=filters.DeliveryFilter, filter_backends=[Filters])
    def deliveries(self, request: Request, pk: str) -> Response:
        wanted = super(EditingDoor, self).filter_queryset(Delivery.objects.filter(notification=self.get_object()))
        page = self.paginate_queryset(wanted)
        return self.get_paginated_response(serializers.DeliverySerializer(page, many=True).data)

    @schemas.TEST
    @action(detail=True, methods=["post"])
    @idempotent
    def test(self, request: Request, pk: str) -> Response:
        (delivery,) = services.send_tests([self.get_object()])
        return Response(serializers.DeliverySerializer(delivery).data, status=201)

    @schemas.ROTATE
    @action(detail=True, methods=["post"])
    @idempotent
    def rotate(self, request: Request, pk: str) -> Response:
        (made,) = services.rotate_secrets([self.get_object().pk])
        return Response(self.get_serializer(_with_secret(made)).data)


@schemas.DELIVERY
class DeliveryViewSet(Door):
    """What was delivered, or is to be."""

    kind = "delivery"
    needs = {"retrieve": Scope.EDIT, "redeliver": Scope.EDIT}
    queryset = Delivery.objects.select_related("notification")
    serializer_class = serializers.DeliverySerializer
    project_lookup = "notification__project_id"
    filter_backends = ()
    pagination_class = None

    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(self.get_serializer(self.get_object()).data)

    @schemas.REDELIVER
    @action(detail=True, methods=["post"])
    @idempotent
    def redeliver(self, request: Request, pk: str) -> Response:
        (delivery,) = services.redeliver([self.get_object().pk])
        return Response(self.get_serializer(delivery).data)


def _with_secret(made: services.Made) -> Notification:
    made.notification.secret = made.secret or ""  # in clear, for the answer alone
    return made.notification
