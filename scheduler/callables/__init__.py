"""Python code as work: called in the process of the worker, heard, interrupted, its value and errors told."""
