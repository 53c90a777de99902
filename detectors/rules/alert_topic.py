"""The name of a rule's own alert topic: ``alerts`` or ``alerts.NAME``, so that no rule can write where others read.

The other topics of a deployment (articles, observations, rule state) are inputs: an alert on one of them would be read
as an article, an observation or a fact, and a worker's rights would cover it.
"""

from __future__ import annotations

import re

from detectors.reading.context import Place
from detectors.reading.nodes import Node, Scalar
from detectors.reading.problems import shown
from detectors.reading.readers import JsonSchema, Reader

#: The topic of all alerts.
ALERTS = "alerts"
#: Kafka's limit on a topic's name.
LONGEST = 249
_OWN = rf"[a-zA-Z0-9._-]{{1,{LONGEST - len(ALERTS) - 1}}}"
_VALID = rf"{ALERTS}(?:\.{_OWN})?"
_EXPECTED = (
    f"expected {ALERTS} or {ALERTS}.NAME (letters, digits, '.', '_' and '-'; at most {LONGEST} characters in all)"
)


class AlertTopic(Reader[str]):
    """A topic that alerts may be sent to."""

    def read(self, node: Node, place: Place) -> str:
        """The name. Raises Wrong after reporting what was expected, and the nearest valid name."""
        if not isinstance(node, Scalar) or node.value is None:
            place.fail(node, f"{_EXPECTED}, found {node.what}")
        if not re.fullmatch(_VALID, node.text):
            near = nearest_topic(node.text)
            place.fail(node, f"{_EXPECTED}, found {shown(node.text)}" + (f"; did you mean {near!r}?" if near else ""))
        return node.text

    def schema(self) -> JsonSchema:
        """Texts only: no valid name looks like a number."""
        return {"type": "string", "pattern": f"^(?:{_VALID.replace('?:', '')})$"}


def nearest_topic(name: str) -> str | None:
    """The valid name nearest to another one, None if too little of it is left."""
    legal = re.sub(r"[^a-zA-Z0-9._-]+", "-", name.strip()).strip("-.")
    own = re.sub(r"^alerts?(?:[._-]+|$)", "", legal, flags=re.IGNORECASE)
    if not own:
        return ALERTS if legal else None
    return f"{ALERTS}.{own}"[:LONGEST]
