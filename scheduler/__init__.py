"""The engine: launches runs, walks them, does their work, recovers what was lost."""
