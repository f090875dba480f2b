"""The signal of projects. Sent by `dags/services/projects.py` alone, in bulk, inside the transaction of the change.

A receiver may write what follows from it, in the same transaction. Receivers are connected in the `apps.py` of their layer.
"""

from django.dispatch import Signal

projects_changed = Signal()
"""Fields of projects were written. `projects`: as they are now, locked until the transaction ends. `fields`: the names of what
was written of any of them."""
