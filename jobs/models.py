"""The kinds of Job: what each has beside the row that all share (`dags.models.Job`)."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models.functions import Now

from api.sealed_fields import SealedField
from dags.models import Job


class Format(models.TextChoices):
    """How a file is written."""

    AUTO = "auto"
    """By its first bytes."""
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


class Fresh(models.TextChoices):
    """Since when an external system must have synced, where it starts by itself."""

    DAY = "day"
    """The beginning of the day for which the run was scheduled."""
    RUN = "run"
    """The time for which the run was scheduled."""


class AnswerFormat(models.TextChoices):
    """How an answer is written."""

    AUTO = "auto"
    """By its Content-Type, else by its beginning."""
    JSON = "json"
    NDJSON = "ndjson"
    CSV = "csv"


class Paging(models.TextChoices):
    """How one page of an answer leads to the next."""

    NONE = "none"
    NEXT = "next"
    """`next_path` finds its URL in the answer."""
    CURSOR = "cursor"
    """`next_path` finds what `page_param` has to be in the next request."""
    LINK = "link"
    """The header Link names it."""
    PAGE = "page"
    """`page_param` counts pages, until one has no rows."""
    OFFSET = "offset"
    """`page_param` counts rows, until a page has none."""


class Imported(models.Model):
    """The file that a job imports: how it is written, which part of it is wanted, and the table that it fills."""

    format = models.CharField(max_length=10, choices=Format.choices, default=Format.AUTO)
    tab = models.CharField(max_length=200, blank=True, help_text="Of an XLSX file; empty for the first.")
    cell_range = models.CharField(max_length=50, blank=True, help_text="Such as A1:F200 or A5:; empty for all.")
    delimiter = models.CharField(max_length=1, blank=True, help_text="Comma, tab, pipe or semicolon; empty to find out.")
    encoding = models.CharField(max_length=20, blank=True, help_text="Such as cp1252; empty for what the file says, or UTF-8.")
    has_header = models.BooleanField(default=True, help_text="Whether the first row has the columns' names.")
    max_bad_rows = models.PositiveIntegerField(default=0, help_text="Bad rows that may be left out before the import fails.")
    table = models.CharField(max_length=63, help_text="Of the project's warehouse.")
    seen: Any = models.JSONField(default=dict, editable=False, help_text="What the last success saw, and the table it made.")

    class Meta:
        abstract = True


class Sheet(Job, Imported):  # noqa: DJ008 - Job has it
    """A spreadsheet at a URL or path, imported into a table of the project's warehouse."""

    source = models.CharField(max_length=2000, help_text="http(s) URL, or a path below the service's data folder.")
    skip_unchanged = models.BooleanField(default=True)


class Upload(Job, Imported):  # noqa: DJ008 - Job has it
    """A file sent to the API, imported once."""

    file = models.FileField(upload_to="uploads/")
    file_name = models.CharField(max_length=255, help_text="As the sender called it.")
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the content.")


class Requesting(models.Model):
    """The HTTP request that a job makes."""

    method = models.CharField(max_length=7, default="POST")
    url = models.CharField(max_length=2000, blank=True)
    headers: Any = models.JSONField(default=dict, blank=True)
    query: Any = models.JSONField(default=dict, blank=True)
    body: Any = models.JSONField(null=True, blank=True, help_text="JSON; text is sent as it is.")
    auth = models.CharField(max_length=10, choices=Auth.choices, default=Auth.NONE)
    auth_config: Any = models.JSONField(default=dict, blank=True, help_text="No secrets: user, name, in, token_url, scope.")
    secret: Any = SealedField(blank=True, help_text="Password, token, key: stored encrypted, never shown again.")
    timeout = models.FloatField(default=60, help_text="Seconds a request may take.")

    class Meta:
        abstract = True


class Connector(Job, Requesting):  # noqa: DJ008 - Job has it
    """An external system that syncs on its own: started by a call, finished by its report or by polling its status."""

    start = models.BooleanField(default=True, help_text="Off: it starts by itself, and is only waited for.")
    finish = models.CharField(max_length=10, choices=Finish.choices, default=Finish.REPORT)
    status_url = models.CharField(max_length=2000, blank=True, help_text="May name {id}, the `id_path` of the start's answer.")
    id_path = models.CharField(max_length=200, blank=True, help_text="JSONPath into the answer to the start.")
    state_path = models.CharField(max_length=200, blank=True, help_text="JSONPath into the answer of the status URL.")
    done_values: Any = models.JSONField(default=list, blank=True)
    failed_values: Any = models.JSONField(default=list, blank=True)
    synced_path = models.CharField(max_length=200, blank=True, help_text="JSONPath of the time of its last success.")
    failed_path = models.CharField(max_length=200, blank=True, help_text="JSONPath of the time of its last failure.")
    paused_path = models.CharField(max_length=200, blank=True, help_text="JSONPath of what is true while it is paused.")
    fresh = models.CharField(max_length=10, choices=Fresh.choices, default=Fresh.DAY)
    timezone = models.CharField(max_length=64, blank=True, help_text="Whose days are meant; empty for the project's.")
    poll_interval = models.FloatField(default=600, help_text="Seconds between two looks.")
    max_polls = models.PositiveIntegerField(default=144, help_text="Looks before it fails.")
    tables: Any = models.JSONField(default=list, blank=True, help_text="Tables of the warehouse that it fills.")


class Sync(models.Model):
    """What is known of the sync that one run of a connector waits for, whichever worker goes on with it."""

    connector = models.ForeignKey(Connector, on_delete=models.CASCADE, related_name="syncs")
    run = models.CharField(max_length=200, help_text="`Running.identity`.")
    called_at = models.DateTimeField(null=True, help_text="When it was called to start.")
    started = models.BooleanField(default=False, help_text="It has answered that it does.")
    external_id = models.CharField(max_length=500, blank=True)
    since = models.DateTimeField(null=True, help_text="By its own clock: what it synced before is of no use.")
    looks = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connector", "run"], name="one_sync_of_a_connector_in_a_run")]

    def __str__(self) -> str:
        return f"{self.connector_id}: {self.run}"


class Api(Job, Requesting):  # noqa: DJ008 - Job has it
    """An HTTP request whose answer becomes rows."""

    method = models.CharField(max_length=7, default="GET")
    format = models.CharField(max_length=10, choices=AnswerFormat.choices, default=AnswerFormat.AUTO)
    rows_path = models.CharField(max_length=200, default="$[*]", help_text="JSONPath of the rows.")
    flatten = models.BooleanField(default=False, help_text="The fields of an object within a row become columns.")
    paging = models.CharField(max_length=10, choices=Paging.choices, default=Paging.NONE)
    next_path = models.CharField(max_length=200, blank=True, help_text="JSONPath of the URL, or the cursor, of the next page.")
    page_param = models.CharField(max_length=100, blank=True, help_text="Query parameter: page, offset or cursor.")
    first_page = models.PositiveIntegerField(null=True, blank=True, help_text="Its number; empty for 1, or the offset 0.")
    size_param = models.CharField(max_length=100, blank=True, help_text="Query parameter that asks for `page_size`.")
    page_size = models.PositiveIntegerField(null=True, blank=True, help_text="Rows of a full page; a shorter one is the last.")
    max_pages = models.PositiveIntegerField(default=100)
    max_rows = models.PositiveIntegerField(default=1_000_000)
    max_bytes = models.PositiveBigIntegerField(default=10 * 1024**2, help_text="Of one answer.")
    time_limit = models.FloatField(default=3600, help_text="Seconds that all of its requests may take.")
    table = models.CharField(max_length=63, help_text="Of the project's warehouse.")


class Workflow(Job):
    """SQL over the project's tables into a new table."""

    sql = models.TextField(help_text="One SELECT over tables of the project's warehouse.")
    table = models.CharField(max_length=63, help_text="The table it makes.")
    reads: Any = models.JSONField(default=list, editable=False, help_text="Tables that the SQL reads, found at saving.")
