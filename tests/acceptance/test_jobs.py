"""Jobs from the outside in: a file is sent and imported, a workflow reads it, the project is run, all over REST."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.conftest import Service
from tests.running import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

FILE = b"customer,amount\nAda,2\nAda,3\nBob,4\n"
TOTALS = "SELECT customer, sum(amount) AS total FROM orders GROUP BY customer ORDER BY customer"


def told(answer: httpx.Response) -> Any:
    assert answer.is_success, answer.text
    return answer.json()


def ended(client: httpx.Client, execution: int) -> dict[str, Any]:
    path = f"/scheduler/execution/{execution}/"
    wait_for(lambda: told(client.get(path))["completed_at"], f"the end of the execution {execution}")
    return told(client.get(path))


def test_a_file_becomes_a_table_and_a_workflow_another(service: Service) -> None:
    client = service.client
    project = told(client.post("/scheduler/project/create/", json={"name": "shop"}))["id"]
    form = {"name": "orders", "project": str(project), "table": "orders"}
    upload = told(client.post("/scheduler/job/upload/create/", data=form, files={"file": ("orders.csv", FILE)}))
    run = told(client.post(f"/scheduler/job/upload/{upload['id']}/run/"))
    assert ended(client, run["execution"])["state"] == "SUCCESS"
    assert told(client.get(f"/scheduler/job/upload/{upload['id']}/rows/", params={"limit": 1}))["rows"] == [["Ada", 2]]

    sent = {"name": "totals", "project": project, "table": "totals", "sql": TOTALS}
    workflow = told(client.post("/scheduler/job/workflow/create/", json=sent))
    assert (workflow["is_out_of_date"], [parent["id"] for parent in workflow["parents"]]) == (True, [upload["id"]])
    for state, out_of_date in (("SUCCESS", False), ("SKIPPED", False)):
        launched = told(client.post(f"/scheduler/project/{project}/run/"))
        ended(client, launched["execution"])
        progress = told(client.get(f"/scheduler/project/{project}/progress/"))
        assert (progress["state"], progress["jobs"]) == ("SUCCESS", {str(workflow["id"]): state})
        assert told(client.get(f"/scheduler/job/workflow/{workflow['id']}/"))["is_out_of_date"] is out_of_date
    rows = told(client.get(f"/scheduler/job/workflow/{workflow['id']}/rows/"))["rows"]
    assert rows == [["Ada", 5], ["Bob", 4]]
    forced = told(client.post(f"/scheduler/job/{workflow['id']}/run/", json={"params": {"force": True}}))
    ended(client, forced["execution"])
    runs = told(client.get(f"/scheduler/job/workflow/{workflow['id']}/runs/"))
    assert [(one["state"], one["trigger"]) for one in runs] == [
        ("SUCCESS", "job"),
        ("SKIPPED", "manual"),
        ("SUCCESS", "manual"),
    ]
    assert client.delete(f"/scheduler/project/{project}/").status_code == 204
