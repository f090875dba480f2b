"""What the OpenAPI document shows of launching and reporting."""

from drf_spectacular.utils import OpenApiExample

from runs import examples as shown

EXECUTE = OpenApiExample("With params", value={"params": {"day": "2027-03-14"}}, request_only=True)
EXECUTE_KEY = OpenApiExample("All graphs of a key", value={"key": "nightly"}, request_only=True)
RERUN = [
    OpenApiExample("From what failed", value={"from": "failed"}, request_only=True),
    OpenApiExample(
        "From a task on, in the latest revision",
        value={"from": ["load"], "revision": "latest", "params": {"day": "2027-03-14"}},
        request_only=True,
    ),
]
LAUNCHED = OpenApiExample("What was launched", value={"executions": [shown.EXECUTION_SUMMARY.value]}, response_only=True)
REPORTS = [
    OpenApiExample("Success", value={"success": True, "result": {"number": 10232}}, request_only=True),
    OpenApiExample("Failure", value={"success": False, "result": "disk full"}, request_only=True),
    OpenApiExample("Progress", value={"progress": 0.4, "message": "4 of 10 files"}, request_only=True),
    OpenApiExample(
        "The task", value={**shown.TASK_WAITING.value, "waiting_for": None, "state": "SUCCESS", "status": 2}, response_only=True
    ),
]
RUN_JOB = OpenApiExample("Even if nothing has changed", value={"params": {"force": True}}, request_only=True)
RUN_PROJECT = OpenApiExample("What is scheduled", value={"scheduled_only": True}, request_only=True)
PROJECT_LAUNCHED = OpenApiExample(
    "A run of the project", value={"task_id": shown.EXECUTION.value["task_id"], "execution": 4}, response_only=True
)
PROJECT_PROGRESS = OpenApiExample(
    "Half way",
    value={
        "state": "RUNNING",
        "execution": 4,
        "task_count": 2,
        "counts": {"SUCCESS": 1, "RUNNING": 1},
        "jobs": {"12": "SUCCESS", "13": "RUNNING"},
        "tasks": {"orders": "SUCCESS", "totals": "RUNNING"},
    },
    response_only=True,
)
PROJECT_GRAPH = OpenApiExample(
    "A sheet, and a workflow that reads its table",
    value={
        "name": "shop",
        "project": 1,
        "tasks": [
            {"key": "orders", "name": "orders", "driver": "job", "configs": {"job": 12}, "trigger_rule": "none_failed"},
            {"key": "totals", "name": "totals", "driver": "job", "configs": {"job": 13}, "trigger_rule": "none_failed"},
        ],
        "edges": [{"task_from": "orders", "task_to": "totals", "condition": "success"}],
    },
    response_only=True,
)
