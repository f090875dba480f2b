"""The door to nodes: which there are, and what each does. They belong to the service, and to no project."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import belongs, visible
from api.doors import Door
from api.rights import Scope
from runs import examples, nodes
from runs.filters import NodeFilter
from runs.models import GraphRun, JobRun, Node
from runs.node_serializers import NodeDetailSerializer, NodeSerializer, NodeTaskSerializer, NodeWorkerSerializer
from runs.states import FINISHED

RECENT = 20  # ended tasks shown of a node


@extend_schema_view(list=extend_schema(summary="List nodes, those that first came last first", examples=[examples.NODE]))
@extend_schema(tags=["node"])
class NodeViewSet(ListModelMixin, Door):
    """Nodes: hosts that work. Members of any project see all of them, and of what they run what is theirs."""

    kind = "node"
    needs = {"list": Scope.READ, "retrieve": Scope.READ}
    queryset = Node.objects.none()
    serializer_class = NodeSerializer
    filterset_class = NodeFilter
    search_fields = ["name", "hostname"]
    lookup_field = "name"
    lookup_value_regex = nodes.NAME

    def get_queryset(self) -> QuerySet[Any]:
        return nodes.known(held=self._held) if belongs(self.request) else Node.objects.none()

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def paginate_queryset(self, queryset: Any) -> Any:
        return self._facts(super().paginate_queryset(queryset) or [])

    @extend_schema(
        summary="Show a node, its workers, and what it runs", responses=NodeDetailSerializer, examples=[examples.NODE_DETAIL]
    )
    def retrieve(self, request: Request, name: str) -> Response:
        (facts,) = self._facts([self.get_object()])
        crew = nodes.workers_of([name])[name]
        own = visible(JobRun.objects.filter(queue=nodes.queue_of(name), queue__startswith=nodes.QUEUE), request, _PROJECT)
        working = nodes.is_at_work([worker.pk for worker in crew], [nodes.queue_of(name)])
        now = visible(JobRun.objects.filter(working), request, _PROJECT)
        recent = own.filter(state__in=FINISHED).order_by("-pk")[:RECENT]
        return Response(
            {
                **NodeSerializer(facts).data,
                "workers": NodeWorkerSerializer(crew, many=True).data,
                "tasks": NodeTaskSerializer(now.order_by("started_at", "pk"), many=True).data,
                "recent": NodeTaskSerializer(recent, many=True).data,
            }
        )

    @cached_property
    def _held(self) -> dict[str, int]:
        return nodes.held()

    def _facts(self, rows: list[Any]) -> list[nodes.NodeFacts]:
        """Return the facts of nodes; which execution holds one is told to those who may see that execution."""
        mine = set(visible(GraphRun.objects.filter(pk__in=self._held.values()), self.request).values_list("pk", flat=True))
        return nodes.facts(rows, {name: run_id for name, run_id in self._held.items() if run_id in mine})


_PROJECT = "graph_run__project_id"
