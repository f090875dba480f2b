from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "jobs"
    verbose_name = "Jobs"

    def ready(self) -> None:
        """Make the kinds known, and connect ends: of a project to its warehouse's, of an upload to its file's."""
        from django.db.models.signals import post_delete, pre_delete

        from dags.models import Project
        from jobs import apis, connector_checks, connectors, kinds, sheets, uploads, workflows
        from jobs.models import Api, Connector, Sheet, Upload, Workflow
        from jobs.warehouse.making import forget_project

        kinds.register(
            kinds.Kind(name="sheet", model=Sheet, run=sheets.run, check=sheets.check),
            kinds.Kind(name="upload", model=Upload, run=uploads.run, check=uploads.check, in_graph=False),
            kinds.Kind(name="connector", model=Connector, run=connectors.run, check=connector_checks.check),
            kinds.Kind(name="api", model=Api, run=apis.run, check=apis.check),
            kinds.Kind(name="workflow", model=Workflow, run=workflows.run, check=workflows.check),
        )
        pre_delete.connect(forget_project, sender=Project, dispatch_uid="drop_warehouse")
        post_delete.connect(uploads.forget_file, sender=Upload, dispatch_uid="drop_upload")
