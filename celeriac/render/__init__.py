"""What people see of runs: JSON of the API in, lines on a terminal out. `follow` watches a run live."""

from celeriac.render.following import follow
from celeriac.render.wording import goes_on

__all__ = ["follow", "goes_on"]
