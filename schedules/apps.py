from django.apps import AppConfig


class SchedulesConfig(AppConfig):
    name = "schedules"
    verbose_name = "Schedules"

    def ready(self) -> None:
        """Hear of ended runs, of graphs, projects and jobs that change, and have the sweep fire what beat has missed."""
        from django.conf import settings
        from django.db.models.signals import post_delete, post_save

        from dags.models import Graph
        from dags.signals import projects_changed
        from jobs.signals import scheduling_changed
        from runs.signals import graph_runs_moved
        from scheduler import recovery
        from schedules import firing, following, queueing, sql, sync
        from schedules.models import Schedule
        from schedules.policies import registry, shipped
        from schedules.policies.basic.policy import Basic
        from schedules.policies.dummy import Dummy

        graph_runs_moved.connect(queueing.note_ends, dispatch_uid="note_ends_of_scheduled_runs")
        projects_changed.connect(following.follow_projects, dispatch_uid="schedules_follow_projects")
        scheduling_changed.connect(following.follow_jobs, dispatch_uid="schedules_follow_jobs")
        post_save.connect(following.follow_graph, sender=Graph, dispatch_uid="schedules_follow_graph")
        post_delete.connect(sync.forget_schedule, sender=Schedule, dispatch_uid="forget_schedule")
        recovery.add_duty(recovery.Duty(find=lambda: sql.DUE.rows({}), act=lambda rows: firing.fire_due()))
        recovery.add_duty(recovery.Duty(find=lambda: sql.STARTED.rows({}), act=firing.fire_started))
        recovery.add_duty(recovery.Duty(find=lambda: sql.NEGLECTED.rows({}), act=queueing.tend))
        registry.register(Dummy())
        registry.register(Basic(settings.MASTER_SCHEDULES))
        registry.discover()
        shipped.load(settings.POLICY_PRESETS)
