"""What can be wrong with a Job."""

from api.errors import Conflict, Invalid, NotFound


class InvalidJob(Invalid):
    """The job cannot be saved like this."""

    code = "invalid_job"


class JobNameTaken(InvalidJob):
    """The project has a job with this name already."""

    code = "name_taken"


class TableTaken(InvalidJob):
    """Another job fills this table already."""

    code = "table_taken"


class WorkflowCycle(InvalidJob):
    """The workflows read each other in a circle."""

    code = "cycle"


class JobNotFound(NotFound):
    """No such job."""

    code = "job_not_found"


class JobInUse(Conflict):
    """Tasks of graphs run this job: take them out first."""

    code = "job_in_use"
