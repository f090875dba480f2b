"""Django admin for runs, workers and nodes: all of it to be read, nothing of it to be written."""

from runs.admin.graph_runs import GraphRunAdmin
from runs.admin.job_runs import JobRunAdmin
from runs.admin.machines import NodeAdmin, WorkerAdmin

__all__ = ["GraphRunAdmin", "JobRunAdmin", "NodeAdmin", "WorkerAdmin"]
