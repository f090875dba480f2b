"""The database engine of the settings: Django's own for PostgreSQL, with connections that are used again."""
