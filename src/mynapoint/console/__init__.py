"""端末: the platform's commands, and the database server that comes with it."""
