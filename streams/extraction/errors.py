"""Errors of extraction that a user can mend."""

from __future__ import annotations


class ModelNotFoundError(LookupError):
    """The spaCy pipeline that the settings name is not installed, or finds no entities."""
