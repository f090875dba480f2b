from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        """Make the kinds known, and connect the end of a project to that of its warehouse."""
        from django.db.models.signals import pre_delete

        from dags.models import Project
        from jobs import connectors, kinds, sheets, uploads
        from jobs.models import Connector, Sheet, Upload
        from jobs.warehouse.making import forget_project

        kinds.register(
            kinds.Kind(name="sheet", model=Sheet, run=sheets.run, check=sheets.check),
            kinds.Kind(name="upload", model=Upload, run=uploads.run, check=uploads.check, in_graph=False),
            kinds.Kind(name="connector", model=Connector, run=connectors.run),
        )
        pre_delete.connect(forget_project, sender=Project, dispatch_uid="drop_warehouse")
