"""Doors to what the service tells of itself: health and metrics."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from prometheus_client import CONTENT_TYPE_LATEST
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from api.doors import OpenView
from api.negotiation import IgnoreAccept
from api.permissions import HasScope, IsStaff
from api.rights import Scope
from config import health, metrics

READY = OpenApiExample(
    "ready",
    value={
        "status": "ok",
        "missing": [],
        "checks": {
            "database": "ok",
            "migrations": "ok",
            "broker": "ok",
            "workers": 1,
            "slots": 2,
            "nodes": 0,
            "oldest_unclaimed_seconds": 0.0,
        },
    },
)


class LiveView(OpenView):
    """GET /health/live"""

    open_because = "a probe has no token, and a wrong one must not fail it"

    @extend_schema(summary="Is this process alive?", tags=["service"], responses={200: OpenApiTypes.OBJECT}, auth=[])
    def get(self, request: Request) -> Response:
        """Answer 200 as long as this process answers at all."""
        return Response({"status": "ok"})


class ReadyView(OpenView):
    """GET /health/ready"""

    open_because = LiveView.open_because

    @extend_schema(
        summary="Can the service work?",
        tags=["service"],
        responses={
            200: OpenApiTypes.OBJECT,
            503: OpenApiResponse(OpenApiTypes.OBJECT, description="`missing` names what is not there."),
        },
        examples=[READY],
        auth=[],
    )
    def get(self, request: Request) -> Response:
        """Answer 200 when database, schema, broker and a worker are there, otherwise 503 naming what is missing."""
        report = health.look()
        body = {"status": "unavailable" if report.missing else "ok", "missing": report.missing, "checks": report.checks}
        return Response(body, status=503 if report.missing else 200)


class MetricsView(ViewSet):
    """GET /metrics"""

    content_negotiation_class = IgnoreAccept  # scrapers ask for formats of their own
    needs: ClassVar = {"list": Scope.READ}
    permission_classes = (HasScope, IsStaff)

    @extend_schema(summary="Metrics for Prometheus", tags=["service"], responses={(200, "text/plain"): OpenApiTypes.STR})
    def list(self, request: Request) -> HttpResponse:
        """Answer all measures as Prometheus reads them."""
        return HttpResponse(metrics.text(), content_type=CONTENT_TYPE_LATEST)
