"""What should be: projects, graphs, tasks and edges, and what may be written in them."""
