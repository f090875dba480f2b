"""Runs: read, cancelled, deleted when they have ended, and never written."""

from __future__ import annotations

import pytest

from dags import services
from dags.models import Graph
from runs.models import GraphRun, JobRun, Transition, Worker
from scheduler.launching import Launch, launch
from tests import factories
from tests.blueprints import whole

pytestmark = pytest.mark.django_db

RUNS = "/admin/runs/graphrun/"
JOBS = "/admin/runs/jobrun/"
SCRIPT = "<script>alert(1)</script>"


def page(run: GraphRun | JobRun, verb: str = "change") -> str:
    return f"{RUNS if isinstance(run, GraphRun) else JOBS}{run.pk}/{verb}/"


# --- Reading ---


def test_the_list_tells_of_runs_and_finds_them(boss) -> None:
    failed, running = factories.run({"a": "FAILED"}, of=factories.graph(name="needle")), factories.run({"a": "RUNNING"})
    assert [run.pk for run in boss.get(RUNS).context["cl"].result_list] == [running.pk, failed.pk]
    for query in (f"q={failed.name}", f"q={failed.task_id}", "state__exact=FAILED", f"graph__exact={failed.graph_id}"):
        assert failed.pk in [run.pk for run in boss.get(f"{RUNS}?{query}").context["cl"].result_list], query
        assert running.pk not in [run.pk for run in boss.get(f"{RUNS}?{query}").context["cl"].result_list], query


def test_a_page_shows_the_tasks_the_moves_and_the_picture(boss) -> None:
    run = factories.run({"a": "SUCCESS", "b": "SKIPPED", "c": "RUNNING"}, [[0, 1], [0, 2]], params={"day": "monday"})
    factories.job(run, "b", reason="because of a")
    factories.transition(run, "c", to="RUNNING", ran_on="n1@mill", reason="woken early")
    text = boss.get(page(run)).content.decode()
    for told in (
        "because of a",
        "monday",
        "<td>n1@mill</td>",
        "woken early",
        "3: 1 succeeded, 0 failed",
        page(factories.job(run, "a")),
    ):
        assert told in text
    picture = boss.get(f"{RUNS}{run.pk}/picture.svg")
    assert picture["Content-Type"].startswith("image/svg+xml")
    assert "c: RUNNING" in picture.content.decode() or "C: RUNNING" in picture.content.decode()


def test_a_tasks_page_shows_its_outcome_and_the_end_of_its_log(boss) -> None:
    run = factories.run({"a": "FAILED"}, entries={"a": {"driver": "shell", "command": "make it"}})
    job = factories.job(run, "a", results={"result": [1, 2]}, errors={"error": "it broke"})
    factories.log(job, "first line\n" * 5_000, "the last words\n")
    text = boss.get(page(job)).content.decode()
    for told in ("make it", "it broke", "&quot;result&quot;", "the last words", f"/scheduler/execution/tasks/{job.pk}/logs"):
        assert told in text
    assert len(text) < 200_000


def test_a_waiting_task_says_what_it_waits_for(boss) -> None:
    run = factories.run({"a": "WAITING", "b": "PENDING"}, [[0, 1]])
    assert "Waiting for a (WAITING)" in boss.get(page(factories.job(run, "b"))).content.decode()


def test_the_tasks_of_a_run_are_listed_in_its_order(boss) -> None:
    run, _ = factories.run({"z": "SUCCESS", "a": "FAILED"}), factories.run()
    found = boss.get(f"{JOBS}?graph_run__exact={run.pk}").context["cl"].result_list
    assert [job.key for job in found] == ["z", "a"]


def test_a_run_too_large_to_be_shown_whole_is_shown_in_part(boss) -> None:
    run = factories.run({f"k{n}": "SUCCESS" for n in range(310)})
    text = boss.get(page(run)).content.decode()
    assert ("k99<" in text, "k100<" in text, "picture.svg" in text) == (True, False, False)
    assert f"graph_run__exact={run.pk}" in text
    assert boss.get(f"{RUNS}{run.pk}/picture.svg").status_code == 404


def test_a_run_that_no_worker_has_taken_up_can_be_shown(boss) -> None:
    run = factories.run({"a": "PENDING"}, expanded=False, state="PENDING")
    assert "written when a worker takes it up" in boss.get(page(run)).content.decode()


def test_a_run_whose_graph_is_gone_can_be_shown(boss) -> None:
    run = factories.run({"a": "SUCCESS"})
    Graph.objects.all().delete()
    assert boss.get(RUNS).status_code == boss.get(page(run)).status_code == 200


def test_texts_of_users_are_never_markup(boss) -> None:
    run = factories.run({"a": "FAILED"}, of=factories.graph(name=SCRIPT), params={"a": SCRIPT}, note=SCRIPT)
    JobRun.objects.update(key=f"a{SCRIPT}")
    job = factories.job(run, f"a{SCRIPT}", results={"r": f"</pre>{SCRIPT}"}, errors={"error": SCRIPT}, reason=SCRIPT)
    factories.log(job, f"</pre>{SCRIPT}")
    factories.transition(run, job.key)
    Transition.objects.update(cause=SCRIPT)
    for path in (RUNS, page(run), page(run, "delete"), f"{JOBS}?graph_run__exact={run.pk}", page(job)):
        text = boss.get(path).content.decode()
        assert "<script>alert" not in text, path
        assert "&lt;script&gt;alert" in text, path


def test_the_number_of_queries_does_not_depend_on_what_is_shown(boss, django_assert_max_num_queries) -> None:
    small, large = factories.run({"a": "FAILED"}), factories.run({f"k{n}": "FAILED" for n in range(60)})
    for n in range(60):
        factories.transition(large, f"k{n}")
    with django_assert_max_num_queries(11) as few:
        boss.get(page(small))
    with django_assert_max_num_queries(len(few)):
        boss.get(page(large))
    with django_assert_max_num_queries(8) as few:
        boss.get(RUNS)
    for _ in range(5):
        factories.run()
    with django_assert_max_num_queries(len(few)):
        boss.get(RUNS)
    with django_assert_max_num_queries(7):
        boss.get(f"{JOBS}?graph_run__exact={large.pk}")
    with django_assert_max_num_queries(8):
        boss.get(page(factories.job(large, "k5")))


# --- Never writing ---


def test_no_crafted_request_changes_a_run_or_a_task(boss) -> None:
    run = factories.run({"a": "RUNNING"})
    job = factories.job(run, "a")
    before = (GraphRun.objects.values().get(), JobRun.objects.values().get())
    forged: dict[str, object] = {
        "state": "SUCCESS",
        "completed_at_0": "2027-01-01",
        "completed_at_1": "00:00",
        "_save": "Save",
        "key": "x",
    }
    forged |= {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": run.pk, "form-0-state": "SUCCESS"}
    for path in (page(run), page(job), f"{RUNS}add/", f"{JOBS}add/"):
        assert boss.post(path, forged).status_code == 403, path
    for path in (RUNS, JOBS):
        assert boss.post(path, forged).status_code in (200, 302)
    for path in (page(run, "delete"), page(job, "delete")):
        assert boss.post(path, {"post": "yes"}).status_code == 403
    assert (GraphRun.objects.values().get(), JobRun.objects.values().get()) == before


def test_pages_of_runs_offer_no_way_to_write(boss) -> None:
    run = factories.run({"a": "RUNNING"})
    for path in (page(run), page(factories.job(run, "a"))):
        text = boss.get(path).content.decode()
        assert 'name="_save"' not in text
        assert 'name="state"' not in text


# --- Deleting ---


def test_runs_that_have_ended_are_deleted_with_all_that_is_theirs(boss) -> None:
    runs = [factories.run(), factories.run(), factories.run()]
    assert "Are you sure" in boss.get(page(runs[0], "delete")).content.decode()
    assert boss.post(page(runs[0], "delete"), {"post": "yes"}).status_code == 302
    chosen = {"action": "delete_selected", "_selected_action": [run.pk for run in runs[1:]]}
    assert "Graph runs: 2" in boss.post(RUNS, chosen).content.decode()
    assert boss.post(RUNS, {**chosen, "post": "yes"}).status_code == 302
    assert not GraphRun.objects.exists()
    assert not JobRun.objects.exists()


def test_runs_that_have_not_ended_are_kept(boss) -> None:
    ended, running = factories.run(), factories.run({"a": "RUNNING"})
    chosen = {"action": "delete_selected", "_selected_action": [ended.pk, running.pk], "post": "yes"}
    assert "has not ended; cancel it first" in boss.post(RUNS, chosen).content.decode()
    assert GraphRun.objects.count() == 2


# --- Execute and cancel ---


def test_execute_launches_each_graph_and_links_to_its_run(boss) -> None:
    graphs = services.create_graphs([{**whole("ab", ["a>b"]), "name": name} for name in ("one", SCRIPT)])
    chosen = {"action": "execute", "_selected_action": [graph.pk for graph in graphs]}
    text = boss.post("/admin/dags/graph/", chosen, follow=True).content.decode()
    runs = list(GraphRun.objects.order_by("pk"))
    assert [run.graph_id for run in runs] == [graph.pk for graph in graphs]
    assert {(run.trigger, run.launched_by.username) for run in runs if run.launched_by} == {("manual", "boss")}
    for run in runs:
        assert f'<a href="{page(run)}">' in text
    assert "<script>alert" not in text


def test_a_graph_that_cannot_be_launched_keeps_no_other_from_it(boss) -> None:
    schema = {"required": ["day"]}
    graphs = services.create_graphs([{**whole("a"), "name": "picky", "params_schema": schema}, {**whole("a"), "name": "easy"}])
    chosen = {"action": "execute", "_selected_action": [graph.pk for graph in graphs]}
    text = boss.post("/admin/dags/graph/", chosen, follow=True).content.decode()
    assert "Not launched: picky" in text
    assert GraphRun.objects.get().name == "easy"


def test_cancel_ends_what_has_not_ended_and_nothing_else(boss) -> None:
    (graph,) = services.create_graphs([whole("ab", ["a>b"])])
    (run,) = launch([Launch(graph=graph)])
    ended = factories.run()
    text = boss.post(RUNS, {"action": "cancel", "_selected_action": [run.pk, ended.pk]}, follow=True).content.decode()
    assert "Cancelled: 1" in text
    assert [GraphRun.objects.get(pk=pk).state for pk in (run.pk, ended.pk)] == ["CANCELLED", "SUCCESS"]
    causes = Transition.objects.filter(job_run__isnull=False, to_state="CANCELLED").values_list("cause", flat=True)
    assert set(causes) == {"cancelled by boss"}


def test_pages_have_the_buttons(boss) -> None:
    running, ended = factories.run({"a": "RUNNING"}), factories.run()
    assert 'value="cancel"' in boss.get(page(running)).content.decode()
    assert 'value="cancel"' not in boss.get(page(ended)).content.decode()
    assert 'value="execute"' in boss.get(f"/admin/dags/graph/{running.graph_id}/change/").content.decode()


def test_only_who_may_add_and_change_runs_executes_and_cancels(staff) -> None:
    run = factories.run({"a": "RUNNING"})
    reader = staff("view_graph", "view_graphrun", "change_graph")
    for path, action, pk in (("/admin/dags/graph/", "execute", run.graph_id), (RUNS, "cancel", run.pk)):
        assert f'value="{action}"' not in reader.get(path).content.decode()
        reader.post(path, {"action": action, "_selected_action": [pk]})
    run.refresh_from_db()
    assert (GraphRun.objects.count(), run.state, run.cancel_requested_at) == (1, "RUNNING", None)
    assert 'value="execute"' not in reader.get(f"/admin/dags/graph/{run.graph_id}/change/").content.decode()
    doer = staff("view_graph", "view_graphrun", "add_graphrun", "change_graphrun")
    doer.post("/admin/dags/graph/", {"action": "execute", "_selected_action": [run.graph_id]})
    doer.post(RUNS, {"action": "cancel", "_selected_action": [run.pk]})
    run.refresh_from_db()
    assert (GraphRun.objects.count(), run.cancel_requested_at is not None) == (2, True)


def test_staff_without_the_permission_is_refused(staff) -> None:
    run = factories.run()
    nobody = staff("view_graph")
    for path in (RUNS, page(run), JOBS, page(factories.job(run, "a")), page(run, "delete"), f"{RUNS}{run.pk}/picture.svg"):
        assert nobody.get(path).status_code == 403, path
    assert staff("view_graphrun", "change_graphrun").post(page(run, "delete"), {"post": "yes"}).status_code == 403
    assert GraphRun.objects.exists()


# --- Workers ---


def test_workers_are_listed_and_nobody_edits_them(boss) -> None:
    alive, silent = factories.worker("a"), factories.worker("b", silent_for=3_600)
    found = boss.get("/admin/runs/worker/").context["cl"].result_list
    assert [(worker.pk, worker.is_alive) for worker in found] == [(alive.pk, True), (silent.pk, False)]
    path = f"/admin/runs/worker/{alive.pk}/change/"
    assert boss.get(path).status_code == 200
    assert boss.post(path, {"slots": 99}).status_code == boss.post("/admin/runs/worker/add/", {}).status_code == 403
    assert not Worker.objects.filter(slots=99).exists()


# --- Rerunning ---


def test_ended_runs_are_rerun_and_others_say_why_not(boss) -> None:
    failed, running, well = (factories.run({"a": "SUCCESS", "b": state}) for state in ("FAILED", "RUNNING", "SUCCESS"))
    chosen = {"_selected_action": [failed.pk, running.pk, well.pk]}
    answer = boss.post(RUNS, {"action": "rerun_failed", **chosen}, follow=True)
    (fresh,) = GraphRun.objects.filter(trigger="rerun")
    assert fresh.parent_run == failed and fresh.launched_by is not None
    text = answer.content.decode()
    for told in ("has not ended yet", "Everything in this execution succeeded", page(fresh)):
        assert told in text
    boss.post(RUNS, {"action": "rerun_all", **chosen}, follow=True)
    assert [run.parent_run_id for run in GraphRun.objects.filter(trigger="rerun").order_by("pk")] == [
        failed.pk,
        failed.pk,
        well.pk,
    ]
