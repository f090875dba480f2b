"""What somebody may see is kept by no browser and no proxy; files of ours that are nobody's are."""

from __future__ import annotations

import pytest

from tests import factories

pytestmark = pytest.mark.django_db


def test_answers_are_kept_by_nobody() -> None:
    client, run = factories.client(), factories.run()
    tasks = f"/scheduler/execution/tasks/{factories.job(run, 'a').pk}/logs/"
    for path in (f"/scheduler/execution/{run.pk}/", f"/scheduler/dag/{run.graph_id}/picture/", tasks, "/metrics", "/nothing"):
        assert "no-store" in client.get(path).headers["Cache-Control"], path


def test_static_files_are_kept() -> None:
    answer = factories.nobody().get("/static/console/base.css")
    assert answer.status_code == 200
    assert "max-age" in answer.headers["Cache-Control"]
