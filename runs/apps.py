from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "runs"
    verbose_name = "Runs"

    def ready(self) -> None:
        """Connect every receiver of the two signals, and of a project's end: this is the whole wiring."""
        from django.db.models.signals import pre_delete

        from dags.models import Project
        from runs import celery_results, live, retention, rollup, signals

        signals.job_runs_moved.connect(rollup.roll_up_graph_runs, dispatch_uid="roll_up_graph_runs")
        signals.job_runs_moved.connect(rollup.roll_up_jobs, dispatch_uid="roll_up_jobs")
        signals.graph_runs_moved.connect(rollup.roll_up_projects, dispatch_uid="roll_up_projects")
        signals.graph_runs_moved.connect(celery_results.show_graph_runs, dispatch_uid="show_graph_runs")
        signals.job_runs_moved.connect(live.announce_job_runs, dispatch_uid="announce_job_runs")
        signals.graph_runs_moved.connect(live.announce_graph_runs, dispatch_uid="announce_graph_runs")
        pre_delete.connect(retention.forget_project, sender=Project, dispatch_uid="forget_project")
