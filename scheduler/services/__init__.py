"""Long-running tasks: held by a small process of their own each, watched by their node's worker, and never left behind."""
