"""What can be wrong with what is asked of a policy."""

from __future__ import annotations

from api.errors import CeleriacError, Invalid


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
