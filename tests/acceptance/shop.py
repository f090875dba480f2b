"""A shop's data as a project of jobs, made and looked at over REST: real files, a server outside, a real warehouse.

Of three sheets (one a workbook, one at a URL), two uploads and a connector, four workflows make a report:

    sales, rates > in_euro > by_country (stores)  > report (managers, visits)
                           > by_store   (targets) >
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings

from dags.models import Project
from tests import workbooks
from tests.conftest import Service
from tests.engine.warehouses import fill, none_left_behind
from tests.receivers import Asked, Receiver, Told
from tests.running import wait_for

SALES = [
    ["2027-01-02", "berlin", "lamp", 100, "EUR"],
    ["2027-01-02", "oslo", "lamp", 1000, "NOK"],
    ["2027-01-03", "berlin", "chair", 50.5, "EUR"],
    ["2027-01-03", "oslo", "desk", 3000, "NOK"],
    ["2027-01-04", "porto", "lamp", 80, "EUR"],
]
RATES = "currency,rate\nEUR,1\nNOK,0.125\n"
STORES = "store;country\nberlin;Germany\noslo;Norway\nporto;Portugal\n"
TARGETS = "store,target\nberlin,150\noslo,600\nporto,80\n"
MANAGERS = "store\tmanager\nberlin\tAda\noslo\tGrace\nporto\tEdsger\n"
VISITS = [("berlin", 40), ("oslo", 100), ("porto", 20)]

SQL = {
    "in_euro": "SELECT day, store, item, amount * rate AS euro FROM sales JOIN rates USING (currency)",
    "by_country": "SELECT country, sum(euro) AS euro FROM in_euro JOIN stores USING (store) GROUP BY country",
    "by_store": "SELECT store, sum(euro) AS euro, sum(euro) >= max(target) AS reached"
    " FROM in_euro JOIN targets USING (store) GROUP BY store",
    "report": "SELECT manager, store, s.euro, reached, s.euro / visits AS a_visit, s.euro / total.euro AS share"
    " FROM by_store s JOIN managers USING (store) JOIN visits USING (store)"
    " CROSS JOIN (SELECT sum(euro) AS euro FROM by_country) total",
}


class Shop:
    """The project, its files, and the world around it."""

    def __init__(self, service: Service, outside: Receiver, folder: Path) -> None:
        """Write the files, have the world outside answer, and make nothing yet."""
        self.client, self.outside, self.folder = service.client, outside, folder
        self.rates = RATES
        self.jobs: dict[str, dict[str, Any]] = {}
        outside.answers = self._answer
        self.write("sales.xlsx", workbook(SALES))
        self.write("stores.csv", STORES.encode())
        self.project = self._post("project/create/", {"name": f"shop in {folder.name}"})["id"]

    # --- The world outside ---

    def write(self, name: str, content: bytes) -> None:
        """Write a file into the data folder, whole, as those who write there should."""
        beside = self.folder / f"{name}.new"
        beside.write_bytes(content)
        beside.replace(self.folder / name)

    def sync(self, visits: Sequence[tuple[str, int]] = VISITS, *, calls: int = 1) -> None:
        """Be the external system: when the n-th call has come, fill the table and report."""
        wait_for(lambda: len(self._calls) >= calls, "the call to sync")
        report_url = json.loads(self._calls[calls - 1].body)["report_to"]
        fill(Project.objects.get(pk=self.project), "visits", *visits, columns="store:text visits:bigint")
        httpx.post(report_url, json={"success": True, "result": {"rows": len(visits)}}, trust_env=False).raise_for_status()

    def told(self, path: str = "/hook") -> list[Asked]:
        """Return what a path of the server outside was asked."""
        return [asked for asked in self.outside.asked if asked.path == path]

    @property
    def _calls(self) -> list[Asked]:
        return self.told("/sync")

    def _answer(self, asked: Asked) -> Told:
        if asked.path != "/rates.csv":
            return Told(status=202)
        etag = f'"{hashlib.sha256(self.rates.encode()).hexdigest()}"'
        if asked.headers.get("if-none-match") == etag:
            return Told(status=304, headers={"ETag": etag}, body=b"")
        return Told(headers={"ETag": etag, "Content-Type": "text/csv"}, body=self.rates.encode())

    # --- The project ---

    def make(self) -> None:
        """Make all jobs: workflows first, because their order does not matter."""
        for name, sql in SQL.items():
            self._job("workflow", name, table=name, sql=sql)
        self._job("sheet", "sales", table="sales", source=f"{self.folder.name}/sales.xlsx", tab="2027")
        self._job("sheet", "stores", table="stores", source=f"{self.folder.name}/stores.csv")
        self._job("sheet", "rates", table="rates", source=self.outside.url("/rates.csv"))
        self._job("connector", "visits", url=self.outside.url("/sync"), body={"report_to": "{report_url}"}, tables=["visits"])
        self._upload("targets", "targets.csv", TARGETS)
        self._upload("managers", "managers.tsv", MANAGERS)

    def _job(self, kind: str, name: str, **fields: Any) -> None:
        self.jobs[name] = self._post(f"job/{kind}/create/", {"name": name, "project": self.project, **fields})

    def _upload(self, name: str, file_name: str, content: str) -> None:
        form = {"name": name, "project": str(self.project), "table": name}
        answer = self.client.post("/scheduler/job/upload/create/", data=form, files={"file": (file_name, content.encode())})
        assert answer.status_code == 201, answer.text
        self.jobs[name] = answer.json()

    def run(self, **body: Any) -> dict[str, Any]:
        """Run the project; return `{task_id, execution}`."""
        return self._post(f"project/{self.project}/run/", body)

    def run_job(self, name: str) -> dict[str, Any]:
        """Run one job, and return its run when it has ended."""
        launched = self._post(f"{self.path(name)}run/", {})
        self.ended(launched["execution"])
        return self.runs(name)[0]

    def run_uploads(self) -> None:
        """Import what was sent: no part of the project's runs, because it does not change."""
        for name in ("targets", "managers"):
            assert self.run_job(name)["state"] == "SUCCESS"

    def ended(self, execution: int) -> dict[str, Any]:
        """Wait for the end of an execution, and return it with its tasks by key."""
        wait_for(lambda: self.get(f"execution/{execution}/")["completed_at"], "the end of the run", 30)
        found = self.get(f"execution/{execution}/")
        return {**found, "tasks": {task["key"]: task for task in found["tasks"]}}

    # --- Looking at it ---

    def get(self, path: str, **params: Any) -> Any:
        """Return what is at a path."""
        answer = self.client.get(f"/scheduler/{path}", params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def progress(self) -> dict[str, Any]:
        """Return how far the latest run of the project has come."""
        return dict(self.get(f"project/{self.project}/progress/"))

    def runs(self, name: str) -> list[dict[str, Any]]:
        """Return the runs of a job, newest first."""
        return list(self.get(f"{self.path(name)}runs/"))

    def rows(self, name: str) -> list[list[Any]]:
        """Return the rows of the job's table, sorted."""
        return sorted(self.get(f"{self.path(name)}rows/", limit=100)["rows"])

    def columns(self, name: str) -> dict[str, str]:
        """Return the type of each column of the job's table."""
        return {column["name"]: column["type"] for column in self.get(f"{self.path(name)}rows/")["columns"]}

    def states(self) -> dict[str, str]:
        """Return the state of each job by its name."""
        return {job["name"]: job["state"] for job in self.get("job/list/", project=self.project)}

    def path(self, name: str) -> str:
        """Return where the job is."""
        return f"job/{self.jobs[name]['kind']}/{self.jobs[name]['id']}/"

    def _post(self, path: str, body: Mapping[str, Any]) -> Any:
        answer = self.client.post(f"/scheduler/{path}", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()


def workbook(sales: Sequence[Sequence[object]]) -> bytes:
    """Return a workbook with the sales in its second tab."""
    head = ["day", "store", "item", "amount", "currency"]
    return workbooks.workbook({"About": workbooks.sheet([["Sales of the year"]]), "2027": workbooks.sheet([head, *sales])})


@contextmanager
def opened(service: Service, outside: Receiver, name: str) -> Iterator[Shop]:
    """Yield a shop with all of its jobs; leave neither files nor a warehouse behind."""
    folder = settings.DATA_DIR / name
    folder.mkdir(parents=True)
    try:
        with none_left_behind():
            shop = Shop(service, outside, folder)
            shop.make()
            yield shop
    finally:
        shutil.rmtree(folder)
