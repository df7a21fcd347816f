"""Iris: visual search for a media library, in PostgreSQL."""

__version__ = "0.1.0"
