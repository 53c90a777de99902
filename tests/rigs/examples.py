"""How many examples a property is tried with."""

from __future__ import annotations

from hypothesis import settings


def examples(thorough: int) -> int:
    """So many, and a thirtieth of them under the profile of `make test-fast`."""
    return max(5, thorough // 30) if settings.get_current_profile_name() == "fast" else thorough
