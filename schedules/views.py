"""The doors to schedules and to what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import user_of
from api.doors import EditingDoor
from api.filtering import Filters
from api.idempotency import idempotent
from api.rights import Scope
from schedules import filters, schemas, selectors, serializers, services
from schedules.models import Schedule
from schedules.timing import Timing


@schemas.SCHEDULES
class ScheduleViewSet(EditingDoor):
    """When graphs are launched."""

    kind = "schedule"
    needs = {
        **EditingDoor.needs,
        **dict.fromkeys(("pause", "resume", "fire"), Scope.RUN),
        **dict.fromkeys(("coming", "preview", "firings"), Scope.READ),
    }
    queryset = Schedule.objects.all()
    serializer_class = serializers.ScheduleSerializer
    filterset_class = filters.ScheduleFilter
    search_fields = ["name", "graph__name", "cron"]

    def made(self, fields: Mapping[str, Any]) -> Schedule:
        return services.create([fields])[0]

    def changed(self, pk: int, fields: Mapping[str, Any]) -> Schedule:
        return services.update({pk: fields})[0]

    def perform_destroy(self, instance: Schedule) -> None:
        services.delete([instance.pk])

    @schemas.PAUSE
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        (schedule,) = services.pause([self.get_object().pk])
        return Response(self.get_serializer(schedule).data)

    @schemas.RESUME
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        (schedule,) = services.resume([self.get_object().pk])
        return Response(self.get_serializer(schedule).data)

    @schemas.FIRE
    @action(detail=True, methods=["post"])
    @idempotent
    def fire(self, request: Request, pk: str) -> Response:
        schedule = self.get_object()
        (firing,) = services.fire([schedule.pk], by=user_of(request))
        self.facts = {"firing": firing.pk, "became": firing.became, "execution": firing.graph_run_id}
        schedule.refresh_from_db()
        schedule.firing = firing
        return Response(serializers.FiredSerializer(schedule, context=self.get_serializer_context()).data, status=201)

    @schemas.NEXT
    @action(detail=True, url_path="next")
    def coming(self, request: Request, pk: str) -> Response:
        return self._next(self.get_object().timing)

    @schemas.PREVIEW
    @action(detail=False, methods=["post"], serializer_class=serializers.PreviewSerializer)
    def preview(self, request: Request) -> Response:
        self.facts = None  # nothing is changed
        schedule: Any = self.get_serializer(data=request.data)
        schedule.is_valid(raise_exception=True)
        return self._next(schedule.timing())

    @schemas.FIRINGS
    @action(detail=True, filterset_class=filters.FiringFilter, serializer_class=serializers.FiringSerializer)
    def firings(self, request: Request, pk: str) -> Response:
        found = Filters().filter_queryset(request, selectors.firings_of(self.get_object()), self)
        page = self.paginate_queryset(found)
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def _next(self, timing: Timing) -> Response:
        asked = serializers.AskedSerializer(data=self.request.query_params.dict())
        asked.is_valid(raise_exception=True)
        found = selectors.next_times(timing, **asked.validated_data)
        return Response(serializers.NextSerializer({"next": found}).data)
