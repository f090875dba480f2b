"""The kinds of Job: what each has beside the row that all share (`dags.models.Job`)."""

from __future__ import annotations

from typing import Any

from django.db import models

from dags.models import Job


class Format(models.TextChoices):
    """How a file is written."""

    AUTO = "auto"
    """By its name and first bytes."""
    CSV = "csv"
    XLSX = "xlsx"


class Finish(models.TextChoices):
    """How a connector learns of the end of its sync."""

    REPORT = "report"
    """The external system posts its outcome to the run's report URL."""
    POLL = "poll"
    """Its status URL is asked until it tells the end."""


class Auth(models.TextChoices):
    """How a request proves who it is."""

    NONE = "none"
    BASIC = "basic"
    BEARER = "bearer"
    API_KEY = "api_key"
    DIGEST = "digest"
    OAUTH2 = "oauth2"


class Sheet(Job):
    """A spreadsheet at a URL or path, imported into a table of the project's warehouse."""

    source = models.CharField(max_length=2000, help_text="http(s) URL, or a path below the service's data folder.")
    format = models.CharField(max_length=10, choices=Format.choices, default=Format.AUTO)
    tab = models.CharField(max_length=200, blank=True, help_text="Of an XLSX file; empty for the first.")
    cell_range = models.CharField(max_length=50, blank=True, help_text="Such as A1:F200; empty for all.")
    table = models.CharField(max_length=63, help_text="Of the project's warehouse.")
    skip_unchanged = models.BooleanField(default=True)
    seen: Any = models.JSONField(
        default=dict, editable=False, help_text="What the last success saw: {etag, modified, digest}, and the settings then."
    )


class Upload(Job):
    """A file sent to the API, imported once."""

    file = models.FileField(upload_to="uploads/")
    file_name = models.CharField(max_length=255, help_text="As the sender called it.")
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content.")
    delimiter = models.CharField(max_length=1, blank=True, help_text="Comma, tab or pipe; empty to find out.")
    table = models.CharField(max_length=63, help_text="Of the project's warehouse.")


class _Requesting(models.Model):
    """The HTTP request that a job makes."""

    method = models.CharField(max_length=7, default="POST")
    url = models.CharField(max_length=2000)
    headers: Any = models.JSONField(default=dict, blank=True)
    query: Any = models.JSONField(default=dict, blank=True)
    body: Any = models.JSONField(null=True, blank=True, help_text="JSON; text is sent as it is.")
    auth = models.CharField(max_length=10, choices=Auth.choices, default=Auth.NONE)
    auth_config: Any = models.JSONField(default=dict, blank=True, help_text="No secrets: user, header, token_url, scope.")
    secret = models.TextField(blank=True, help_text="Password, token, key: stored encrypted, never shown again.")
    timeout = models.FloatField(default=60, help_text="Seconds a request may take.")

    class Meta:
        abstract = True


class Connector(Job, _Requesting):  # noqa: DJ008 - Job has it
    """An external system that syncs on its own: started by a call, finished by its report or by polling its status."""

    finish = models.CharField(max_length=10, choices=Finish.choices, default=Finish.REPORT)
    status_url = models.CharField(max_length=2000, blank=True, help_text="May name {id}, the `id_path` of the start's answer.")
    id_path = models.CharField(max_length=200, blank=True, help_text="JSONPath into the answer to the start.")
    state_path = models.CharField(max_length=200, blank=True, help_text="JSONPath into the answer of the status URL.")
    done_values: Any = models.JSONField(default=list, blank=True)
    failed_values: Any = models.JSONField(default=list, blank=True)
    poll_interval = models.FloatField(default=600, help_text="Seconds between two looks.")
    max_polls = models.PositiveIntegerField(default=144, help_text="Looks before it fails.")
    tables: Any = models.JSONField(default=list, blank=True, help_text="Tables of the warehouse that it fills.")
    syncing: Any = models.JSONField(default=dict, editable=False, help_text="The sync that is under way: run, id, looks.")


class Api(Job, _Requesting):  # noqa: DJ008 - Job has it
    """An HTTP request whose answer becomes rows."""

    rows_path = models.CharField(max_length=200, default="$[*]", help_text="JSONPath of the rows.")
    next_path = models.CharField(max_length=200, blank=True, help_text="JSONPath of the URL of the next page.")
    max_pages = models.PositiveIntegerField(default=100)
    table = models.CharField(max_length=63, help_text="Of the project's warehouse.")


class Workflow(Job):
    """SQL over the project's tables into a new table."""

    sql = models.TextField(help_text="One SELECT over tables of the project's warehouse.")
    table = models.CharField(max_length=63, help_text="The table it makes.")
    reads: Any = models.JSONField(default=list, editable=False, help_text="Tables that the SQL reads, found at saving.")
