"""Languages by ISO 639-1 code, from the other forms in which people and feeds write them."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from detectors.folding import fold_value

_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_].*)?", re.DOTALL)
_UNKNOWN = frozenset({"und", "mul", "mis", "zxx"})  # "undetermined", several, uncoded, none: as good as missing
#: Members of macrolanguages that corpora and tools write, and the language that is meant.
_MEMBERS = {"arb": "ar", "cmn": "zh", "pes": "fa", "prs": "fa", "ekk": "et", "lvs": "lv", "uzn": "uz", "zsm": "ms"}
_MEMBERS |= {"wuu": "zh", "yue": "zh", "gan": "zh", "hak": "zh", "nan": "zh"}
_MEMBERS |= {"swh": "sw", "azj": "az", "azb": "az", "khk": "mn", "als": "sq", "npi": "ne", "pbt": "ps"}


@lru_cache(maxsize=4096)
def language_code(given: str) -> str | None:
    """The code in a tag (``en-US``, ``EN``, ``eng``), or of an English or own name (``Russian``).

    A language without a code of two letters keeps its code of three. None for another word, and for a tag that says
    that the language is not known (``und``).
    """
    tag = _TAG.fullmatch(given.strip())
    if tag is None:
        return _by_name().get(fold_value(given))
    code = tag[1].lower()
    if code in _UNKNOWN:
        return None
    return code if len(code) == 2 else _short(code)


@cache
def _by_name() -> dict[str, str]:
    import babel.localedata  # a tenth of a second, and most articles have a code

    names: dict[str, str] = {}
    english = {str(code): str(name) for code, name in babel.Locale("en").languages.items()}
    codes = [code for code in english if code.isalpha() and len(code) <= 3]
    for code in sorted(codes, key=lambda code: (len(code), code)):
        names.setdefault(fold_value(english[code]), code)
        if len(code) == 2 and babel.localedata.exists(code):
            names.setdefault(fold_value(str(babel.Locale(code).languages.get(code, code))), code)
    return names


@cache
def _short(code: str) -> str:
    if code in _MEMBERS:
        return _MEMBERS[code]
    import pycountry

    found = pycountry.languages.get(alpha_3=code) or pycountry.languages.get(bibliographic=code)
    return str(getattr(found, "alpha_2", code))
