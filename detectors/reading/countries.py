"""What to say of a text that is no country."""

from __future__ import annotations

import difflib

from detectors.folding import fold_value
from detectors.reading.problems import shown
from detectors.vocabulary import country_code, country_names

_DECISIVE = 0.05
"""By how much one country's name must be more like a text than the next country's, to be proposed alone."""


def unknown_country(text: str) -> str:
    """The message for a text that is no country. Short ones get no suggestion: any code of three letters is near."""
    said = f"expected the alpha-3 or alpha-2 code or English name of a country, found {shown(text)}"
    known = {fold_value(name): name for name in country_names() if len(name) > 3}
    wanted = fold_value(text[:100])
    if len(wanted) <= 3:
        return said
    near = difflib.get_close_matches(wanted, known, n=2, cutoff=0.78)
    likeness = [difflib.SequenceMatcher(None, name, wanted).ratio() for name in near]
    if len(near) == 2 and likeness[0] - likeness[1] < _DECISIVE and country_code(near[0]) != country_code(near[1]):
        return f"{said}; did you mean {known[near[0]]!r} or {known[near[1]]!r}?"
    return f"{said}; did you mean {known[near[0]]!r}?" if near else said
