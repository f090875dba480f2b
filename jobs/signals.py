"""The signal of jobs. Sent by `jobs/services.py` alone, in bulk, inside the transaction of the change.

A receiver may write what follows from it, in the same transaction. Receivers are connected in the `apps.py` of their layer.
"""

from django.dispatch import Signal

scheduling_changed = Signal()
"""Jobs were scheduled, or are no more. `project_ids`: of their projects, locked until the transaction ends."""
