"""What can be wrong with a schedule."""

from api.errors import Invalid, NotFound


class InvalidSchedule(Invalid):
    """The schedule cannot be saved like this."""

    code = "invalid_schedule"


class NameTaken(InvalidSchedule):
    """There is a schedule with this name in the project already."""

    code = "schedule_name_taken"


class NeverDue(InvalidSchedule):
    """It is never due again."""

    code = "never_due"


class ScheduleNotFound(NotFound):
    """No such schedule."""

    code = "schedule_not_found"
