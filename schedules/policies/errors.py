"""What can be wrong with what is asked of a policy."""

from __future__ import annotations

from api.errors import CeleriacError, Invalid, NotFound


class Unplannable(Invalid):
    """This cannot be planned."""

    code = "unplannable"


class InvalidConfig(Unplannable):
    """The config is not one of this policy."""

    code = "invalid_config"


class PlanningBusy(CeleriacError):
    """Too much is being planned at the moment. Try again shortly."""

    code = "planning_busy"
    status = 503


class PlanningTooLong(CeleriacError):
    """Planning took too long and was stopped. Ask for a shorter range."""

    code = "planning_too_long"
    status = 503


class PlanningFailed(CeleriacError):
    """The policy failed."""

    code = "planning_failed"


class PresetTaken(Invalid):
    """There is a preset of this policy with this name already."""

    code = "preset_taken"


class PresetNotFound(NotFound):
    """No such preset."""

    code = "preset_not_found"
