"""The doors to planning: plans themselves, the policies there are, and presets of their configs."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import transaction
from django.http import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from api import audit, throttles
from api.access import may_write_commands, require, user_of, visible
from api.addresses import address_of
from api.doors import EditingDoor
from api.idempotency import idempotent, key_of
from api.negotiation import IgnoreAccept
from api.permissions import HasScope
from api.rights import Scope
from dags import owning, picture, services
from runs import selectors
from runs.models import GraphRun
from runs.serializers import ExecutionSerializer
from scheduler.launching import Launch, launch
from schedules.models import PolicyPreset
from schedules.policies import asking, filters, launching, offering, presets, schemas, serializers, writing
from schedules.policies.asking import Asked, Format
from schedules.policies.errors import Unplannable
from schedules.policies.planning import bounded
from schedules.policies.writing import Planned


class MayPlan(HasScope):
    """Let in, besides those who may read, whoever does not say who it is, where the settings say so."""

    def has_permission(self, request: Request, view: Any) -> bool:
        anonymous = request.user is None or not request.user.is_authenticated
        return (settings.OPEN_PLANNING and anonymous) or super().has_permission(request, view)


class PlanView(ViewSet):
    """POST /api/v1/schedule/: a plan for a range."""

    needs: ClassVar = {"create": Scope.READ}
    permission_classes = (MayPlan,)
    content_negotiation_class = IgnoreAccept
    answer = None

    def handle_exception(self, exc: Exception) -> Response:
        """Tell every fault with the seed's keys beside our own."""
        response = super().handle_exception(exc)
        response.data = schemas.told(response.data)
        return response

    @schemas.PLAN
    def create(self, request: Request) -> Response | HttpResponseBase:
        throttles.planned(f"user {request.user.pk}" if request.user.is_authenticated else address_of(request))
        key_of(request)  # a plan is the same each time as it is; a key that is none is refused all the same
        asked = asking.read(request.data, longest=timedelta(days=settings.PLAN_DAYS))
        known = visible(PolicyPreset.objects.all(), request) if request.user.is_authenticated else PolicyPreset.objects.none()
        configs = presets.named(asked.policy, asked.preset, known)
        how = self._how(request, asked.launch) if asked.launch is not None else None
        planned = bounded(functools.partial(writing.planned, asked, configs, timezone.now()))
        if how is not None:
            return self._launched(request, asked=asked, planned=planned, how=how)
        if asked.format is not Format.PICTURE:
            return Response(_body(asked, planned))
        if planned.picture is None:
            raise Unplannable(f"Invalid format. The policy {asked.policy.name} draws no picture")
        return picture.answer(planned.picture)

    def _how(self, request: Request, told: Mapping[str, Any]) -> dict[str, Any]:
        """Return how the plan is to be launched, by someone who may do that in the project."""
        if not request.user.is_authenticated:
            self.permission_denied(request)
        how = serializers.HowSerializer(data=told, context={"request": request, "view": self})
        how.is_valid(raise_exception=True)
        project = how.validated_data.get("project") or owning.home_of(request)
        for right in (Scope.EDIT, Scope.RUN):
            require(request, right, project.pk)
        return {**how.validated_data, "project": project}

    @idempotent
    def _launched(self, request: Request, *, asked: Asked, planned: Planned, how: Mapping[str, Any]) -> Response:
        user = user_of(request)
        with transaction.atomic():
            fields = launching.graph(asked, planned, how)
            (graph,) = services.create_graphs([fields], may_command=functools.partial(may_write_commands, user), by=user)
            (run,) = launch([Launch(graph=graph, launched_by=user)])
            facts = {"name": graph.name, "blocks": len(planned.blocks)}
            audit.record(request, "dag.create", instance=graph, project_id=graph.project_id, facts=facts)
            audit.record(request, "dag.execute", instance=graph, project_id=graph.project_id, facts={"execution": run.pk})
        return Response(_body(asked, planned, run), status=201)


def _body(asked: Asked, planned: Planned, run: GraphRun | None = None) -> dict[str, Any]:
    body: dict[str, Any] = {"status": "ok", "commands": planned.commands, "message": "Success"}
    if asked.format is Format.BLOCKS:
        body["blocks"] = planned.blocks
    if run is not None:
        body["execution"] = ExecutionSerializer(selectors.execution(selectors.details().get(pk=run.pk))).data
    return body


class PoliciesView(ViewSet):
    """GET /api/v1/policies/: what can be asked for."""

    needs: ClassVar = {"offered": Scope.READ}
    permission_classes = (HasScope,)

    @schemas.POLICIES
    def offered(self, request: Request) -> Response:
        """Answer every policy with its config's schema, defaults and presets."""
        return Response(offering.policies(visible(PolicyPreset.objects.all(), request)))


@schemas.PRESETS
class PresetViewSet(EditingDoor):
    """Presets: configs of policies under a name."""

    kind = "preset"
    queryset = PolicyPreset.objects.all()
    serializer_class = serializers.PresetSerializer
    filterset_class = filters.PresetFilter
    search_fields = ["name", "description"]

    def made(self, fields: Mapping[str, Any]) -> PolicyPreset:
        return presets.create_presets([fields])[0]

    def changed(self, pk: int, fields: Mapping[str, Any]) -> PolicyPreset:
        return presets.update_presets({pk: fields})[0]

    def perform_destroy(self, instance: PolicyPreset) -> None:
        presets.delete_presets([instance.pk])
