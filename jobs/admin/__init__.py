"""Django admin for jobs: a page for each kind, a door to `jobs/services.py`."""

from jobs.admin.pages import JobAdmin

__all__ = ["JobAdmin"]
