from django.apps import AppConfig


class SchedulerConfig(AppConfig):
    name = "scheduler"
    verbose_name = "Scheduler"

    def ready(self) -> None:
        """Hang the worker's duties on Celery's signals, and hear Celery's verdicts."""
        from django.db.models.signals import post_save
        from django_celery_results.models import TaskResult

        from api import idempotency
        from runs import signals
        from scheduler import checks, drivers, nodes, recovery, starts, verdicts, worker  # noqa: F401  # they connect
        from scheduler.services import gone
        from scheduler.specs import placing

        post_save.connect(verdicts.hear, sender=TaskResult, dispatch_uid="hear_verdicts")
        signals.graph_runs_moved.connect(placing.note_ends, dispatch_uid="place_after_ends")
        drivers.register()
        recovery.add_duty(recovery.Duty(find=placing.waiting_runs, act=placing.try_to_place))
        recovery.add_duty(recovery.Duty(find=idempotency.old_answers, act=idempotency.forget_answers))
        recovery.add_duty(recovery.Duty(find=starts.undecided, act=starts.decide))
        recovery.add_duty(recovery.Duty(find=nodes.long_gone, act=nodes.forget))
        recovery.add_duty(recovery.Duty(find=gone.find, act=gone.act))
