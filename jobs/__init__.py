"""The work that Jobs define: a model and a runner for each kind, and the warehouse that they fill."""
