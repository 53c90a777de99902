"""The number of examples for a property test."""

from __future__ import annotations

from hypothesis import settings


def examples(thorough: int) -> int:
    """``thorough`` examples, and a thirtieth of them in the profile of `make test-fast`."""
    return max(5, thorough // 30) if settings.get_current_profile_name() == "fast" else thorough
