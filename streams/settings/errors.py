"""The error of settings."""

from __future__ import annotations

from detectors.user_error import UserError


class SettingsError(UserError):
    """A setting that cannot be used; says which, where it came from and what was expected."""
