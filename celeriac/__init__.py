"""Celeriac from a script and a terminal: define pipelines, run them, watch them. Speaks HTTP to the service."""
