"""The HTTP requests of jobs: filled with values, proving who they are, their faults told without their secrets."""
