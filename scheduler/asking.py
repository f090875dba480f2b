"""What a client asks of an execution, once it has been checked: the same over REST and in the console."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.access import Asking, RoleMissing, user_of, visible
from api.rights import Scope
from dags.models import Graph
from runs.models import GraphRun
from scheduler import rerunning
from scheduler.rerunning import Rerun
from scheduler.serializers import LATEST


def rerun_of(request: Asking, run: GraphRun, fields: Mapping[str, Any]) -> Rerun:
    """Return the rerun that `RerunSerializer`'s fields ask for; raise `RoleMissing` where its graph may not be launched."""
    if run.graph_id and not visible(Graph.objects.filter(pk=run.graph_id), request, right=Scope.RUN).exists():
        raise RoleMissing  # the graph has moved to a project in which the client may not launch
    return Rerun(
        run=run,
        start=fields.get("from", rerunning.FAILED),
        params=fields.get("params"),
        latest=fields.get("revision") == LATEST,
        launched_by=user_of(request),
    )
