"""The base of every error that this package raises on purpose: its text is one line made for a person."""


class CeleriacError(Exception):
    """Something that a person can put right."""
