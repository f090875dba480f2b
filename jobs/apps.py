from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        """Make the kinds known."""
        from jobs import connectors, kinds
        from jobs.models import Connector

        kinds.register(kinds.Kind(name="connector", model=Connector, run=connectors.run))
