from django.apps import AppConfig

from dags import callables, checks  # noqa: F401  # the checks register themselves


class DagsConfig(AppConfig):
    name = "dags"
    verbose_name = "Graphs"

    def ready(self) -> None:
        callables.autodiscover()
