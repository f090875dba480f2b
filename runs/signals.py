"""The two signals of state. Sent by `runs/transitions.py` alone, in bulk, ids only, inside the transaction of the move.

A receiver may derive a column, or tell the outside once the transaction has committed. It never decides what runs next:
that is the engine's, by plain calls. Receivers are connected in `runs/apps.py`.
"""

from django.dispatch import Signal

job_runs_moved = Signal()
"""JobRuns have moved. `graph_run_ids`: the runs they belong to, locked. `moves`: the `transitions.Moved` rows. `expanded`: the
ids of runs that got their JobRuns. `created`: the ids of runs that nobody outside knows of yet. `runs`: every locked run by
id, as `transitions.LockedRun`."""

graph_runs_moved = Signal()
"""GraphRuns have moved, or were created. `moves`: the `transitions.RunMoved` rows; a created one comes from ""."""
