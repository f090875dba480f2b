"""When graphs are launched."""
