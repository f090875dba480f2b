"""Templates: the language, and what a task's fields become by it."""
