"""What people see of runs: JSON of the API in, lines on a terminal out. `follow` watches a run live."""

from celeriac.render.following import follow

__all__ = ["follow"]
