from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        """Hear of runs that end, and hang the rest on the sweep."""
        from notifications import outbox
        from runs import signals
        from scheduler.recovery import Duty, add_duty

        signals.graph_runs_moved.connect(outbox.record_ends, dispatch_uid="notify_of_ends")
        add_duty(Duty(find=outbox.watchers, act=outbox.record_watched))
        add_duty(Duty(find=outbox.neglected, act=outbox.ring_again))
        add_duty(Duty(find=outbox.old_deliveries, act=outbox.forget_deliveries))
