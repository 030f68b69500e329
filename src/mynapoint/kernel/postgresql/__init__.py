"""Django's way to PostgreSQL, with what the platform does otherwise."""
