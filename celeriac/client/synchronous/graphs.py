"""Projects, graphs, tasks and edges: the blueprints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Unpack, cast

from celeriac.client.fields import EdgeFields, GraphFields, ProjectFields, ProjectOptions, TaskFields
from celeriac.client.more_shapes import Revision, RevisionRow
from celeriac.client.shapes import Edge, Execution, Graph, GraphRow, Project, ProjectLaunched, ProjectProgress, Task
from celeriac.client.synchronous.resource import Resource


class Graphs(Resource):
    """Graphs: `dag/`."""

    def list(
        self,
        *,
        name: str | None = None,
        execution_key: str | None = None,
        project: int | None = None,
        state: str | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> Iterator[GraphRow]:
        """Yield graphs, newest first."""
        filters = {"name": name, "execution_key": execution_key, "project": project, "state": state, "search": search}
        return self._wire.rows("/scheduler/dag/list/", limit, **filters)

    def get(self, graph_id: int) -> Graph:
        """Return a whole graph."""
        return cast(Graph, self._wire.get(f"/scheduler/dag/{graph_id}/"))

    def create(self, **fields: Unpack[GraphFields]) -> Graph:
        """Create a graph, with `tasks` and `edges` where they are given."""
        return cast(Graph, self._wire.post("/scheduler/dag/create/", fields))

    def update(self, graph_id: int, /, *, revision: int | None = None, **fields: Unpack[GraphFields]) -> Graph:
        """Change some fields of a graph; raise `Conflict` if it is no longer at the `revision` told."""
        return cast(Graph, self._wire.patch(f"/scheduler/dag/{graph_id}/", fields, revision=revision))

    def replace(self, graph_id: int, /, *, revision: int | None = None, **fields: Unpack[GraphFields]) -> Graph:
        """Replace the whole definition; tasks with a key that is there keep their ids. `revision` as in `update`."""
        return cast(Graph, self._wire.put(f"/scheduler/dag/{graph_id}/", fields, revision=revision))

    def revisions(self, graph_id: int, *, limit: int | None = None) -> Iterator[RevisionRow]:
        """Yield the saved revisions of a graph, latest first."""
        return self._wire.rows(f"/scheduler/dag/{graph_id}/revisions/", limit)

    def revision(self, graph_id: int, revision: int) -> Revision:
        """Return a graph as it was saved then; `replace(graph_id, **graph)` brings it back."""
        return cast(Revision, self._wire.get(f"/scheduler/dag/{graph_id}/revisions/{revision}/"))

    def delete(self, graph_id: int) -> None:
        """Delete a graph; its executions stay."""
        self._wire.delete(f"/scheduler/dag/{graph_id}/")

    def execute(
        self,
        graph_id: int,
        *,
        params: Mapping[str, Any] | None = None,
        scheduled_for: str | None = None,
        idempotency_key: str | None = None,
    ) -> Execution:
        """Launch a graph; a key of your own makes it one launch however often this is called with it."""
        body = {"params": params, "scheduled_for": scheduled_for}
        asked = {name: value for name, value in body.items() if value is not None}
        return cast(Execution, self._wire.post(f"/scheduler/dag/{graph_id}/execute/", asked, key=idempotency_key))

    def picture(self, graph_id: int) -> str:
        """Return the graph drawn, as SVG."""
        return self._wire.text(f"/scheduler/dag/{graph_id}/picture.svg/", "image/svg+xml")


class Tasks(Resource):
    """Tasks of graphs: `task/`."""

    def list(
        self,
        *,
        graph: int | None = None,
        project: int | None = None,
        key: str | None = None,
        name: str | None = None,
        driver: str | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Task]:
        """Yield tasks, newest first."""
        filters = {"graph": graph, "project": project, "key": key, "name": name, "driver": driver, "search": search}
        return self._wire.rows("/scheduler/task/list/", limit, **filters)

    def get(self, task_id: int) -> Task:
        """Return a task."""
        return cast(Task, self._wire.get(f"/scheduler/task/{task_id}/"))

    def create(self, **fields: Unpack[TaskFields]) -> Task:
        """Create a task in the graph that is its `parent`."""
        return cast(Task, self._wire.post("/scheduler/task/create/", fields))

    def update(self, task_id: int, /, **fields: Unpack[TaskFields]) -> Task:
        """Change some fields of a task."""
        return cast(Task, self._wire.patch(f"/scheduler/task/{task_id}/", fields))

    def replace(self, task_id: int, /, **fields: Unpack[TaskFields]) -> Task:
        """Replace a task."""
        return cast(Task, self._wire.put(f"/scheduler/task/{task_id}/", fields))

    def delete(self, task_id: int) -> None:
        """Delete a task and its edges."""
        self._wire.delete(f"/scheduler/task/{task_id}/")


class Edges(Resource):
    """Edges between tasks: `edge/`."""

    def list(
        self,
        *,
        graph: int | None = None,
        task_from: int | None = None,
        task_to: int | None = None,
        search: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Edge]:
        """Yield edges, newest first."""
        filters = {"graph": graph, "task_from": task_from, "task_to": task_to, "search": search}
        return self._wire.rows("/scheduler/edge/list/", limit, **filters)

    def get(self, edge_id: int) -> Edge:
        """Return an edge."""
        return cast(Edge, self._wire.get(f"/scheduler/edge/{edge_id}/"))

    def create(self, **fields: Unpack[EdgeFields]) -> Edge:
        """Create an edge."""
        return cast(Edge, self._wire.post("/scheduler/edge/create/", fields))

    def update(self, edge_id: int, /, **fields: Unpack[EdgeFields]) -> Edge:
        """Change an edge."""
        return cast(Edge, self._wire.patch(f"/scheduler/edge/{edge_id}/", fields))

    def replace(self, edge_id: int, /, **fields: Unpack[EdgeFields]) -> Edge:
        """Replace an edge."""
        return cast(Edge, self._wire.put(f"/scheduler/edge/{edge_id}/", fields))

    def delete(self, edge_id: int) -> None:
        """Delete an edge."""
        self._wire.delete(f"/scheduler/edge/{edge_id}/")


class Projects(Resource):
    """Projects: `project/`."""

    def list(
        self, *, name: str | None = None, state: str | None = None, search: str | None = None, limit: int | None = None
    ) -> Iterator[Project]:
        """Yield projects, newest first."""
        return self._wire.rows("/scheduler/project/list/", limit, name=name, state=state, search=search)

    def get(self, project_id: int) -> Project:
        """Return a project."""
        return cast(Project, self._wire.get(f"/scheduler/project/{project_id}/"))

    def create(self, name: str, **options: Unpack[ProjectOptions]) -> Project:
        """Create a project."""
        return cast(Project, self._wire.post("/scheduler/project/create/", {"name": name, **options}))

    def update(self, project_id: int, /, **fields: Unpack[ProjectFields]) -> Project:
        """Change some fields of a project."""
        return cast(Project, self._wire.patch(f"/scheduler/project/{project_id}/", fields))

    def delete(self, project_id: int) -> None:
        """Delete a project with its graphs and executions."""
        self._wire.delete(f"/scheduler/project/{project_id}/")

    def run(self, project_id: int, *, scheduled_only: bool = False, params: Mapping[str, Any] | None = None) -> ProjectLaunched:
        """Run a project's jobs in the order of what they read from each other."""
        body = {"scheduled_only": scheduled_only, "params": params or {}}
        return cast(ProjectLaunched, self._wire.post(f"/scheduler/project/{project_id}/run/", body))

    def progress(self, project_id: int) -> ProjectProgress:
        """Tell how far its latest run has come."""
        return cast(ProjectProgress, self._wire.get(f"/scheduler/project/{project_id}/progress/"))

    def graph(self, project_id: int, *, scheduled_only: bool | None = None) -> Graph:
        """Return the graph that a run would be of."""
        found = self._wire.get(f"/scheduler/project/{project_id}/graph/", scheduled_only=scheduled_only)
        return cast(Graph, found)
