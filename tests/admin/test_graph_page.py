"""A graph with its tasks and edges on one page: saved as a whole, or not at all with nothing of it lost."""

from __future__ import annotations

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User

from api.models import AuditEntry, Membership
from dags import services
from dags.models import Edge, Graph, Project, Task
from runs.models import GraphRun
from tests import factories
from tests.admin.pages import ADD, TASK, faults, form, page, saved, shown
from tests.blueprints import ADD as CALLABLE
from tests.blueprints import whole

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def graph(db: None) -> Graph:
    """a -> b -> c"""
    return services.create_graphs([{**whole("abc", ["a>b", "b>c"]), "project": factories.project()}])[0]


def keys(graph: Graph) -> dict[str, int]:
    return dict(Task.objects.filter(parent=graph).order_by("pk").values_list("key", "pk"))


def edges(graph: Graph) -> set[tuple[str, str, str]]:
    return set(Edge.objects.filter(graph=graph).values_list("task_from__key", "task_to__key", "condition"))


# --- Adding ---


def test_a_graph_with_two_new_tasks_and_an_edge_between_them_is_saved_in_one_post(boss) -> None:
    tasks = [
        {"name": "First", "driver": "python", "command": CALLABLE, "configs": '{"args": [1, 2]}'},
        {"name": "Second", "key": "second", "retries": "3", "retry_delay": "1.5"},
    ]
    assert saved(boss.post(ADD, form(tasks, ["first>second"], params_schema='{"type": "object"}')))
    made = Graph.objects.get()
    first, second = Task.objects.order_by("pk")
    assert (made.project.name, made.params_schema) == ("default", {"type": "object"})
    assert (first.key, first.configs, first.auto_report) == ("first", {"args": [1, 2]}, True)
    assert (second.key, second.retries, second.retry_delay, second.timeout) == ("second", 3, 1.5, None)
    assert edges(made) == {("first", "second", "success")}


def test_a_blank_row_is_no_task(boss) -> None:
    assert saved(boss.post(ADD, form([{"name": "A"}, {**TASK, "driver": "python"}], ["a>a"][:0])))
    assert list(keys(Graph.objects.get())) == ["a"]


def test_the_empty_page_offers_everything_it_takes(boss) -> None:
    text = boss.get(ADD).content.decode()
    for name in ("tasks-__prefix__-name", "tasks-__prefix__-trigger_rule", "edges-__prefix__-task_from", "project"):
        assert f'name="{name}"' in text
    assert '<datalist id="task-keys">' in text


# --- Changing ---


def test_a_page_sent_back_as_it_is_changes_nothing(boss, graph) -> None:
    task = Task.objects.get(key="a")
    services.update_tasks({task.pk: {"driver": "shell", "command": "\n set -e\necho 'é'  \n", "configs": {"env": {"A": "ü"}}}})
    before = (list(Task.objects.order_by("pk").values()), list(Edge.objects.order_by("pk").values()))
    assert saved(boss.post(page(graph), shown(boss, graph)))
    assert (list(Task.objects.order_by("pk").values()), list(Edge.objects.order_by("pk").values())) == before
    assert "No fields changed" in LogEntry.objects.get().get_change_message()


def test_tasks_and_edges_are_changed_added_and_deleted_together(boss, graph) -> None:
    before = keys(graph)
    changes = {"name": "renamed", "tasks-0-description": "new", "tasks-2-DELETE": "on", "tasks-TOTAL_FORMS": 4}
    changes |= {f"tasks-3-{name}": value for name, value in {**TASK, "name": "D"}.items()}
    changes |= {"edges-0-condition": "done", "edges-TOTAL_FORMS": 3, "edges-2-task_from": "b", "edges-2-task_to": "d"}
    assert saved(boss.post(page(graph), shown(boss, graph, **changes, **{"edges-2-condition": "failed"})))
    after = keys(graph)
    assert list(after) == ["a", "b", "d"]
    assert (after["a"], after["b"]) == (before["a"], before["b"])
    assert edges(graph) == {("a", "b", "done"), ("b", "d", "failed")}  # the edge to the deleted task went with it
    graph.refresh_from_db()
    assert (graph.name, Task.objects.get(key="a").description) == ("renamed", "new")
    assert "Tasks" in (told := LogEntry.objects.get().get_change_message().title()) and "Edges" in told


def test_a_task_with_a_new_key_stays_the_same_task(boss, graph) -> None:
    before = keys(graph)
    changes = {"tasks-1-key": "bee", "edges-0-task_to": "bee", "edges-1-task_from": "bee"}
    assert saved(boss.post(page(graph), shown(boss, graph, **changes)))
    assert keys(graph) == {"a": before["a"], "bee": before["b"], "c": before["c"]}
    assert edges(graph) == {("a", "bee", "success"), ("bee", "c", "success")}


def test_tasks_may_swap_their_keys(boss, graph) -> None:
    assert saved(boss.post(page(graph), shown(boss, graph, **{"tasks-0-key": "b", "tasks-1-key": "a"})))
    assert {task.key: task.name for task in Task.objects.all()} == {"a": "B", "b": "A", "c": "C"}


def test_a_shell_gets_the_lines_that_were_typed_without_the_carriage_returns_of_browsers(boss) -> None:
    assert saved(boss.post(ADD, form([{"name": "A", "driver": "shell", "command": "echo a\r\necho b\r\n"}])))
    assert Task.objects.get().command == "echo a\necho b\n"


def test_the_task_of_another_graph_cannot_be_taken(boss, graph) -> None:
    foreign = services.create_graphs([whole("x")])[0]
    stolen = keys(foreign)["x"]
    assert saved(
        boss.post(page(graph), shown(boss, graph, **{"tasks-0-task_id": stolen, "tasks-0-key": "mine", "edges-0-DELETE": "on"}))
    )
    assert keys(foreign) == {"x": stolen}
    assert stolen not in keys(graph).values()


# --- Refusing ---


def test_a_cycle_is_refused_with_its_path_and_nothing_is_saved(boss, graph) -> None:
    changes = {"name": "typed", "tasks-0-description": "typed too", "edges-TOTAL_FORMS": 3}
    changes |= {"edges-2-task_from": "c", "edges-2-task_to": "a", "edges-2-condition": "done"}
    answer = boss.post(page(graph), shown(boss, graph, **changes))
    assert answer.status_code == 200
    found = faults(answer)
    assert found["edges"] == ["The edges make a cycle: a -> b -> c -> a."]
    assert set(found) == {"__all__", "edges", "edges-0-__all__", "edges-1-__all__", "edges-2-__all__"}
    graph.refresh_from_db()
    assert (graph.name, graph.revision, Task.objects.get(key="a").description) == ("graph", 1, "")
    assert edges(graph) == {("a", "b", "success"), ("b", "c", "success")}
    text = answer.content.decode()
    assert 'value="typed"' in text
    assert "typed too</textarea>" in text
    assert '<option value="done" selected>' in text


@pytest.mark.parametrize(
    ("task", "place", "words"),
    [
        ({"name": ""}, "name", "required"),
        ({"name": "A", "driver": "python", "command": "no.such"}, "command", "no.such"),
        ({"name": "A", "driver": "python", "command": ""}, "command", "needs a command"),
        ({"name": "A", "driver": "nonsense"}, "driver", "Unknown driver"),
        ({"name": "A", "configs": "{"}, "configs", "Not valid JSON"),
        ({"name": "A", "configs": '{"a": 1, "a": 2}'}, "configs", "twice"),
        ({"name": "A", "configs": '{"a": NaN}'}, "configs", "NaN"),
        ({"name": "A", "configs": r'{"a": "\u0000"}'}, "configs", "NUL"),
        ({"name": "A", "configs": "[" * 90_000}, "configs", "nested"),
        ({"name": "A", "configs": "[1]"}, "configs", "object"),
        ({"name": "A", "configs": '{"argz": []}'}, "configs", "argz"),
        ({"name": "A", "key": "a/b"}, "key", "slashes"),
        ({"name": "A", "key": "k" * 201}, "key", "200"),
        ({"name": "A\x00"}, "name", "Null"),
        ({"name": "A", "retries": "-1"}, "retries", "0"),
        ({"name": "A", "retries": str(2**40)}, "retries", "2147483647"),
        ({"name": "A", "retry_backoff": "0.5"}, "retry_backoff", "1"),
        ({"name": "A", "retry_delay": "1e300"}, "retry_delay", "less"),
        ({"name": "A", "timeout": "0"}, "timeout", "0.001"),
        ({"name": "A", "timeout": "nan"}, "timeout", "number"),
        ({"name": "A", "queue": "a b"}, "queue", "letters"),
        ({"name": "A", "trigger_rule": "sometimes"}, "trigger_rule", "sometimes"),
        ({"name": "A", "priority": str(2**20)}, "priority", "32767"),
    ],
)
def test_what_a_task_may_not_be_is_told_at_its_input(boss, task, place, words) -> None:
    found = faults(boss.post(ADD, form([{"name": "Fine"}, task])))
    assert set(found) == {"__all__", f"tasks-1-{place}"}
    assert words in " ".join(found[f"tasks-1-{place}"])
    assert not Graph.objects.exists()


@pytest.mark.parametrize(
    ("wanted", "place", "words"),
    [
        (["a>x"], "edges-0-task_to", "no task 'x' in this graph"),
        (["a>a"], "edges-0-task_to", "self-edge"),
        (["a>b", "a>b"], "edges-1-task_to", "duplicate"),
        ([{"task_from": "a", "condition": "success"}], "edges-0-task_to", "required"),
        ([{"task_from": "a", "task_to": "b", "condition": "never"}], "edges-0-condition", "never"),
    ],
)
def test_what_an_edge_may_not_be_is_told_at_its_input(boss, wanted, place, words) -> None:
    found = faults(boss.post(ADD, form([{"name": "a"}, {"name": "b"}], wanted)))
    assert set(found) == {"__all__", place}
    assert words in " ".join(found[place])
    assert not Graph.objects.exists()


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"name": ""}, "name"),
        ({"max_parallel": "0"}, "max_parallel"),
        ({"params_schema": '{"type": "nonsense"}'}, "params_schema"),
        ({"params_schema": "[]"}, "params_schema"),
        ({"on_failure": "explode"}, "on_failure"),
        ({"project": "99999"}, "project"),
    ],
)
def test_what_a_graph_may_not_be_is_told_at_its_input(boss, fields, place) -> None:
    assert set(faults(boss.post(ADD, form([{"name": "a"}], **fields)))) == {place}
    assert not Graph.objects.exists()


def test_two_tasks_with_one_key_are_both_shown(boss) -> None:
    found = faults(boss.post(ADD, form([{"name": "A", "key": "x"}, {"name": "B", "key": "x"}, {"name": "C"}])))
    assert set(found) == {"__all__", "tasks-0-key", "tasks-1-key"}
    assert not Graph.objects.exists()


def test_a_page_that_is_behind_undoes_nobodys_edit(boss, graph) -> None:
    sent = shown(boss, graph, name="mine")
    services.create_tasks([{"parent": graph, "name": "Theirs", "driver": "offline"}])
    answer = boss.post(page(graph), sent)
    assert "changed meanwhile (it is at revision 2, this page shows 1)" in faults(answer)["__all__"][0]
    assert "theirs" in keys(graph)
    assert 'value="mine"' in answer.content.decode()
    assert saved(boss.post(page(graph), shown(boss, graph, name="mine")))
    assert list(keys(graph)) == ["a", "b", "c", "theirs"]


@pytest.mark.parametrize(
    "junk", [{"tasks-TOTAL_FORMS": "x"}, {"tasks-TOTAL_FORMS": 10**9}, {"edges-TOTAL_FORMS": None}, {"seen": "x"}]
)
def test_a_crafted_page_is_refused_and_saves_nothing(boss, graph, junk) -> None:
    answer = boss.post(page(graph), shown(boss, graph, name="crafted", **junk))
    assert answer.status_code == 200
    assert faults(answer)
    assert not Graph.objects.filter(name="crafted").exists()


# --- Large graphs ---


def test_a_graph_too_large_for_a_page_shows_its_picture_and_the_way_to_edit_it(boss, monkeypatch) -> None:
    monkeypatch.setattr("dags.admin.forms.MAX_TASKS", 3)
    large = services.create_graphs([{**whole("abcd", ["a>b"]), "project": factories.project()}])[0]
    text = boss.get(page(large)).content.decode()
    assert f"PATCH /scheduler/dag/{large.pk}" in text
    assert f"/admin/dags/graph/{large.pk}/picture.svg" in text
    assert "tasks-0-name" not in text
    sent = {"name": "still", "project": large.project_id, "execution_key": "k", "on_failure": "stop", "seen": 1}
    assert saved(boss.post(page(large), sent | {"tasks-TOTAL_FORMS": 0, "tasks-INITIAL_FORMS": 0}))
    large.refresh_from_db()
    assert (large.name, len(keys(large)), len(edges(large))) == ("still", 4, 1)


# --- The rest of the page ---


def test_the_picture_is_served_to_whom_the_page_is(boss, staff, graph) -> None:
    assert staff("view_task").get(f"/admin/dags/graph/{graph.pk}/picture.svg").status_code == 403
    assert f'href="/admin/dags/graph/{graph.pk}/picture.svg"' in boss.get(page(graph)).content.decode()
    answer = boss.get(f"/admin/dags/graph/{graph.pk}/picture.svg")
    assert (answer.status_code, answer["Content-Type"].split(";")[0]) == (200, "image/svg+xml")


def test_texts_of_users_are_never_markup(boss) -> None:
    tasks = [{"name": SCRIPT, "key": "<b>&'\"", "driver": "shell", "command": f"</textarea>{SCRIPT}", "description": SCRIPT}]
    assert saved(boss.post(ADD, form(tasks, name=SCRIPT, description=f"</textarea>{SCRIPT}")))
    graph = Graph.objects.get()
    for path in (
        page(graph),
        "/admin/dags/graph/",
        f"/admin/dags/graph/{graph.pk}/delete/",
        f"/admin/dags/graph/{graph.pk}/history/",
    ):
        text = boss.get(path).content.decode()
        assert "<script>alert" not in text
        assert "<b>&" not in text
        assert "&lt;script&gt;" in text or path.endswith("history/")
    bad = boss.post(
        ADD,
        form([{"name": "A", "driver": SCRIPT, "configs": f"</textarea>{SCRIPT}"}], [{"task_from": SCRIPT, "task_to": SCRIPT}]),
    )
    assert "<script>alert" not in bad.content.decode()


def test_no_script_stands_in_the_page(boss, graph) -> None:
    text = boss.get(page(graph)).content.decode()
    assert "<script>" not in text
    assert " onclick=" not in text


def test_the_number_of_queries_does_not_depend_on_what_is_shown(boss, graph, django_assert_max_num_queries) -> None:
    with django_assert_max_num_queries(10) as few:
        boss.get(page(graph))
    large = services.create_graphs(
        [{**whole([f"k{n}" for n in range(40)], [f"k0>k{n}" for n in range(1, 40)]), "project": graph.project}]
    )
    with django_assert_max_num_queries(len(few)):
        boss.get(page(large[0]))
    with django_assert_max_num_queries(9) as few:
        boss.get("/admin/dags/graph/")
    for _ in range(5):
        services.create_graphs([{**whole("ab"), "project": factories.project()}])
    with django_assert_max_num_queries(len(few)):
        assert "k0" not in boss.get("/admin/dags/graph/").content.decode()


def test_graphs_are_deleted_by_the_service_and_their_runs_stay(boss, graph) -> None:
    run = factories.run(of=graph)
    chosen = {"action": "delete_selected", "_selected_action": [graph.pk], "post": "yes"}
    assert saved(boss.post("/admin/dags/graph/", chosen))
    assert not Graph.objects.exists()
    run.refresh_from_db()
    assert run.graph_id is None


def test_lists_are_found_by_name_and_project(boss, graph) -> None:
    other = factories.graph(name="needle")
    assert [one.pk for one in boss.get("/admin/dags/graph/?q=needle").context["cl"].result_list] == [other.pk]
    found = boss.get(f"/admin/dags/graph/?project__exact={graph.project_id}").context["cl"].result_list
    assert [one.pk for one in found] == [graph.pk]
    assert boss.get("/admin/dags/graph/?q=%00").status_code == 200


# --- Who may ---


def test_staff_without_the_permission_is_refused(staff, graph) -> None:
    nobody, reader, adder = staff(), staff("view_graph"), staff("add_graph", "view_graph")
    assert nobody.get(page(graph)).status_code == nobody.get("/admin/dags/graph/").status_code == 403
    assert nobody.post(ADD, form()).status_code == reader.post(ADD, form()).status_code == 403
    sent = shown(staff("change_graph"), graph, name="x")
    assert reader.post(page(graph), sent).status_code == adder.post(page(graph), sent).status_code == 403
    assert Graph.objects.get().name == "graph"
    assert saved(adder.post(ADD, form([{"name": "A"}])))


def test_who_may_only_look_gets_a_page_that_edits_nothing(staff, graph) -> None:
    text = staff("view_graph").get(page(graph)).content.decode()
    modules = re.findall(r'<fieldset class="module" aria-labelledby=[^>]*>', text)
    assert len(modules) == 2
    assert all(" disabled" in one for one in modules)
    assert 'data-do="save"' not in text
    assert "js-inline-admin-formset" not in text
    assert 'name="_save"' not in text
    assert 'value="b"' in text


# --- Projects ---


def test_a_projects_state_is_nobodys_to_edit(boss) -> None:
    assert saved(boss.post("/admin/dags/project/add/", {"name": SCRIPT, "description": "", "state": "FAILED"}))
    project = Project.objects.get()
    assert (project.name, project.state) == (SCRIPT, None)
    assert saved(boss.post(f"/admin/dags/project/{project.pk}/change/", {"name": "new", "state": "FAILED"}))
    project.refresh_from_db()
    assert (project.name, project.state) == ("new", None)


def test_a_name_that_is_taken_is_told(boss) -> None:
    factories.project("taken")
    answer = boss.post("/admin/dags/project/add/", {"name": "taken"})
    assert "already exists" in str(answer.context["errors"])


def test_a_project_with_executions_under_way_stays(boss) -> None:
    run = factories.run({"a": "RUNNING"})
    path = f"/admin/dags/project/{run.project_id}/delete/"
    assert "have not ended" in boss.get(path).content.decode()
    boss.post(path, {"post": "yes"})
    assert Project.objects.filter(pk=run.project_id).exists()


def test_a_project_goes_with_all_that_is_its(boss) -> None:
    run = factories.run()
    text = boss.get(f"/admin/dags/project/{run.project_id}/delete/").content.decode()
    assert "Graphs: 1" in text.title() and "Executions: 1" in text.title()
    assert saved(boss.post(f"/admin/dags/project/{run.project_id}/delete/", {"post": "yes"}))
    assert not Project.objects.exists()


# --- The right to write commands, and the trail ---


def test_who_may_not_write_commands_is_told_at_the_task_and_may_do_the_rest(staff) -> None:
    home = factories.project()
    shell = {"name": "Old", "key": "old", "driver": "shell", "command": "true"}
    graph = services.create_graphs([{"name": "g", "project": home, "tasks": [shell], "edges": []}])[0]
    author = staff("add_graph", "change_graph", "view_graph")
    found = faults(author.post(page(graph), shown(author, graph, **{"tasks-0-command": "rm -rf /"})))
    assert set(found) == {"__all__", "tasks-0-command"}
    assert set(faults(author.post(ADD, form([shell], project=home.pk)))) == {"__all__", "tasks-0-command"}
    assert Task.objects.get().command == "true"
    assert saved(author.post(page(graph), shown(author, graph, **{"tasks-0-name": "New", "tasks-0-key": "new"})))
    assert Task.objects.get().key == "new"
    elsewhere = factories.project()
    assert "tasks-0-command" in faults(author.post(page(graph), shown(author, graph, project=elsewhere.pk)))


def test_who_may_write_commands_in_the_project_writes_them(staff) -> None:
    home, author = factories.project(), staff("add_graph")
    user = User.objects.get(pk=author.session["_auth_user_id"])
    Membership.objects.create(user=user, project=home, role="author", may_write_commands=True)
    assert saved(author.post(ADD, form([{"name": "A", "driver": "shell", "command": "true"}], project=home.pk)))


def test_deeds_are_written_down_with_what_may_be_secret_as_digests(boss) -> None:
    boss.post(ADD, form([{"name": "A", "driver": "shell", "command": "echo secret"}]))
    graph = Graph.objects.get()
    boss.post(page(graph), shown(boss, graph, name="renamed"))
    boss.post("/admin/dags/graph/", {"action": "execute", "_selected_action": [graph.pk]})
    run = GraphRun.objects.get()
    boss.post("/admin/runs/graphrun/", {"action": "cancel", "_selected_action": [run.pk]})
    boss.post(f"/admin/runs/graphrun/{run.pk}/delete/", {"post": "yes"})
    boss.post("/admin/dags/graph/", {"action": "delete_selected", "_selected_action": [graph.pk], "post": "yes"})
    trail = AuditEntry.objects.exclude(action__startswith="login").order_by("pk")
    deeds = ["dag.create", "dag.update", "dag.execute", "execution.cancel", "execution.delete", "dag.delete"]
    assert [entry.action for entry in trail] == deeds
    assert {(entry.user_name, entry.project_id) for entry in trail} == {("boss", graph.project_id)}
    assert trail[1].facts["name"] == ["graph", "renamed"]
    assert "secret" not in str(list(trail.values()))
