"""The error of settings."""

from __future__ import annotations

from detectors.user_error import UserError


class SettingsError(UserError):
    """An unusable setting; the message names it, its source and the expected value."""
