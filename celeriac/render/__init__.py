"""What people see of runs: JSON of the API in, lines on a terminal out."""
