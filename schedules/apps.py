from django.apps import AppConfig


class SchedulesConfig(AppConfig):
    name = "schedules"
    verbose_name = "Schedules"

    def ready(self) -> None:
        """Hear of ended runs, of graphs that move and of schedules that go, and have the sweep fire what beat has missed."""
        from django.db.models.signals import post_delete, post_save

        from dags.models import Graph
        from runs.signals import graph_runs_moved
        from scheduler import recovery
        from schedules import firing, queueing, services, sql, sync
        from schedules.models import Schedule

        graph_runs_moved.connect(queueing.note_ends, dispatch_uid="note_ends_of_scheduled_runs")
        post_save.connect(services.follow_graph, sender=Graph, dispatch_uid="schedules_follow_graph")
        post_delete.connect(sync.forget_schedule, sender=Schedule, dispatch_uid="forget_schedule")
        recovery.add_duty(recovery.Duty(find=lambda: sql.IS_DUE.rows({}), act=lambda rows: firing.fire_due()))
        recovery.add_duty(recovery.Duty(find=lambda: sql.NEGLECTED.rows({}), act=queueing.tend))
