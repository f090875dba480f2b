"""Django admin for schedules: doors to `schedules/services.py`; and their firings, to be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime

from api import audit
from api.admin.filters import FewFilter
from api.admin.reading import ReadOnlyAdmin
from api.errors import CeleriacError, Invalid
from dags.admin.doors import ServiceAdmin, filtered
from dags.admin.fields import StrictJSONField
from dags.zones import find_zone
from schedules import daily, selectors, services, words
from schedules.errors import FollowsJobs
from schedules.models import Firing, Schedule

SHOWN = 10  # coming times on a schedule's page
NEVER = "never"
OF_NEW = ["name", "graph", "project", "params", "enabled"]


class DatesField(forms.CharField):
    """Dates, one in a line."""

    widget = forms.Textarea({"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return str(value or "").split()


class ScheduleForm(forms.ModelForm):
    """A schedule; what the services refuse is told at the field, and nothing is written."""

    params = StrictJSONField(required=False, widget=forms.Textarea({"rows": 3}))
    exclude_dates = DatesField(required=False, help_text="One in a line: 2027-12-24, or of each year --12-25.")

    class Meta:
        model = Schedule
        fields = [
            *(
                "name",
                "graph",
                "project",
                "cron",
                "interval",
                "at",
                "on_start",
                "timezone",
                "start",
                "end",
                "params",
                "enabled",
            ),
            *("jitter", "overlap", "catch_up", "catch_up_window", "dst", "exclude_dates"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "project" in self.fields:
            self.fields["project"].required = False
            self.fields["project"].help_text = "Instead of a graph: launch what is scheduled of the project's jobs."

    def clean_params(self) -> Any:
        return {} if self.cleaned_data["params"] is None else self.cleaned_data["params"]

    def validate_constraints(self) -> None:
        """Leave that to the services, whose words say more."""

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            try:
                with transaction.atomic():
                    self.write()
                    transaction.set_rollback(True)
            except Invalid as error:
                self.add_error(error.field if error.field in self.fields else None, error.messages)  # type: ignore[arg-type]
        return self.cleaned_data

    def write(self) -> Schedule:
        """Have the service write it."""
        if self.instance.pk:
            return services.update({self.instance.pk: self.cleaned_data})[0]
        return services.create([self.cleaned_data])[0]


@admin.register(Schedule)
class ScheduleAdmin(ServiceAdmin):
    """Schedules, and when they are due."""

    kind = "schedule"
    form = ScheduleForm
    list_display = ["name", "graph", "when", "condition", "next", "last", "project"]
    list_filter = ["enabled", "daily", "overlap", "catch_up", ("project", FewFilter)]
    list_select_related = ["graph", "project"]
    search_fields = ["name", "graph__name", "project__name", "cron", "id__exact"]
    autocomplete_fields = ["graph", "project"]
    ordering = ["-pk"]
    readonly_fields = ["condition", "coming", "last", "firings", "daily", "created_at"]
    actions = ["pause", "resume", "fire"]
    fieldsets = [
        (None, {"fields": ["name", "graph", "project", "daily", "params", "enabled"]}),
        ("When", {"fields": ["cron", "interval", "at", "on_start", "timezone", "start", "end", "exclude_dates", "jitter"]}),
        ("What if", {"fields": ["overlap", "catch_up", "catch_up_window", "dst"]}),
        ("About it", {"fields": ["condition", "coming", "last", "firings", "created_at"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Schedule | None = None) -> Any:
        """Leave out of a new one what is told of those that there are."""
        return self.fieldsets if obj else [(None, {"fields": OF_NEW}), *self.fieldsets[1:-1]]

    def get_readonly_fields(self, request: HttpRequest, obj: Schedule | None = None) -> list[str]:
        """Keep a schedule where it is, and a project's daily one as the project says."""
        told = [*daily.TIMED, *daily.TARGETS] if obj and obj.daily else ["project"] if obj else []
        return [*self.readonly_fields, *told]

    def kept(self, ids: list[Any]) -> list[str]:
        daily_ones = Schedule.objects.filter(pk__in=ids, daily=True).select_related("project")
        return [f"{one} of {one.project}: {FollowsJobs().message}" for one in daily_ones]

    @admin.display
    def when(self, schedule: Schedule) -> str:
        return words.when(schedule.timing)

    @admin.display(description="state")
    def condition(self, schedule: Schedule) -> str:
        return words.condition(schedule)

    @admin.display(ordering="next_due", empty_value=NEVER)
    def next(self, schedule: Schedule) -> Any:
        return schedule.next_due

    @admin.display(ordering="last_due", empty_value=NEVER)
    def last(self, schedule: Schedule) -> Any:
        return schedule.last_due

    @admin.display(description=f"next {SHOWN} times")
    def coming(self, schedule: Schedule) -> str:
        """Return when it is due next, in its own time zone, as if it were not paused."""
        if not schedule.pk:
            return "Shown once it is saved."
        zone = find_zone(schedule.timezone)
        times = [localtime(time, zone) for time in selectors.next_times(schedule.timing, after=None, count=SHOWN)]
        return format_html_join("", "{}<br>", ((f"{time:%a %Y-%m-%d %H:%M:%S %Z}",) for time in times)) or NEVER

    @admin.display
    def firings(self, schedule: Schedule) -> str:
        return format_html('<a href="{}">What became of them</a>', filtered(Firing, schedule=schedule.pk))

    def save_model(self, request: HttpRequest, obj: Schedule, form: Any, change: bool) -> None:
        before = Schedule.objects.get(pk=obj.pk) if change else None
        written = form.write()
        obj.pk = written.pk
        self.write_down(request, "update" if change else "create", written, audit.changes(before, form.cleaned_data))

    def erase(self, ids: list[Any]) -> None:
        services.delete(ids)

    # --- Actions ---

    def has_fire_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("runs.add_graphrun")

    @admin.action(description="Pause selected schedules", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        self._do(request, queryset, "pause", lambda pk: services.pause([pk]))

    @admin.action(description="Resume selected schedules", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        self._do(request, queryset, "resume", lambda pk: services.resume([pk]))

    @admin.action(description="Fire selected schedules now", permissions=["fire"])
    def fire(self, request: HttpRequest, queryset: QuerySet[Schedule]) -> None:
        user = cast(User, request.user)
        self._do(request, queryset, "fire", lambda pk: services.fire([pk], by=user))

    def _do(self, request: HttpRequest, queryset: QuerySet[Schedule], verb: str, deed: Callable[[int], Any]) -> None:
        """Do it to each; one that refuses keeps no other from it."""
        done = 0
        for schedule in queryset.order_by("pk"):
            try:
                with transaction.atomic():
                    (result,) = deed(schedule.pk)
                    facts = {"execution": result.graph_run_id, "became": result.became} if verb == "fire" else None
                    self.write_down(request, verb, schedule, facts)
                done += 1
            except CeleriacError as error:
                self.message_user(request, f"{schedule}: {error.message}", messages.ERROR)
        self.message_user(request, f"Done: {verb}, {done}.", messages.SUCCESS)


@admin.register(Firing)
class FiringAdmin(ReadOnlyAdmin):
    """What became of the times at which schedules were due."""

    list_display = ["due", "schedule", "became", "reason", "by_hand", "execution", "at"]
    list_filter = ["became", "by_hand", "due"]
    list_select_related = ["schedule", "graph_run"]
    search_fields = ["schedule__name"]
    ordering = ["-pk"]
    show_full_result_count = False

    @admin.display
    def execution(self, firing: Firing) -> str:
        if firing.graph_run is None:
            return "-"
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:runs_graphrun_change", args=[firing.graph_run_id]), firing.graph_run
        )
