from django.apps import AppConfig


class RunsConfig(AppConfig):
    name = "runs"
    verbose_name = "Runs"

    def ready(self) -> None:
        """Connect every receiver of the two signals: this is the whole wiring."""
        from runs import celery_results, live, rollup, signals

        signals.job_runs_moved.connect(rollup.roll_up_graph_runs, dispatch_uid="roll_up_graph_runs")
        signals.graph_runs_moved.connect(rollup.roll_up_projects, dispatch_uid="roll_up_projects")
        signals.graph_runs_moved.connect(celery_results.show_graph_runs, dispatch_uid="show_graph_runs")
        signals.job_runs_moved.connect(live.announce_job_runs, dispatch_uid="announce_job_runs")
        signals.graph_runs_moved.connect(live.announce_graph_runs, dispatch_uid="announce_graph_runs")
