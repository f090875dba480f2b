"""What can be wrong with a schedule."""

from api.errors import Conflict, Invalid, NotFound


class InvalidSchedule(Invalid):
    """The schedule cannot be saved like this."""

    code = "invalid_schedule"


class NameTaken(InvalidSchedule):
    """There is a schedule with this name in the project already."""

    code = "schedule_name_taken"


class NeverDue(InvalidSchedule):
    """It is never due again."""

    code = "never_due"


class TimedByProject(InvalidSchedule):
    """The project's daily schedule is due when the project says: change its daily_at and timezone."""

    code = "timed_by_project"


class FollowsJobs(Conflict):
    """The project's daily schedule stands as long as one of its jobs is scheduled: pause it, or schedule none of them."""

    code = "follows_jobs"


class ScheduleNotFound(NotFound):
    """No such schedule."""

    code = "schedule_not_found"
