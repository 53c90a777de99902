"""Write into the documents what they take from the code: the table of settings, the rooms, the picture of an alert.

Run it in a clone: ``.venv/bin/python docs/generate.py``. A test fails where its result is not committed.
"""

from __future__ import annotations

import ast
import io
import re
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.padding import Padding

from detectors.engine.matching import Engine
from detectors.engine.scan import Scan
from detectors.loading.ruleset import load_rules
from streams.demo.evidence import evidence_sentence
from streams.extraction.extractor import Extractor
from streams.pipeline.enrich import Enricher, Record
from streams.settings import Settings
from streams.shipped import SAMPLES
from streams.sinks.terminal import alert_block, quotation

_NOW = datetime(2025, 4, 1, tzinfo=UTC)
ROOT = Path(__file__).parents[1]
COMMAND = ".venv/bin/python docs/generate.py"
PICTURED = ("us-raises-human-rights", "mw-20250313-01")
#: Settings that carry Kafka's own names and have no description in the code.
AS_IN_KAFKA = {
    "security_protocol": "`PLAINTEXT`, `SSL`, `SASL_PLAINTEXT` or `SASL_SSL`",
    "sasl_mechanism": "`PLAIN`, `SCRAM-SHA-256`, `SCRAM-SHA-512` or `OAUTHBEARER`",
    "sasl_username": "user of SASL",
    "sasl_password": "password of SASL; from the environment only",
    "sasl_password_file": "file with the password of SASL",
    "sasl_oauthbearer_client_id": "OAUTHBEARER: client id at the token endpoint",
    "sasl_oauthbearer_client_secret": "OAUTHBEARER: secret of the client; from the environment only",
    "sasl_oauthbearer_client_secret_file": "OAUTHBEARER: file with the secret of the client",
    "sasl_oauthbearer_scope": "OAUTHBEARER: scope to ask the token endpoint for",
    "ssl_ca_location": "PEM file of the authorities to trust; default: those of the system",
    "ssl_certificate_location": "PEM file of the client's certificate; needs `ssl_key_location`",
    "ssl_key_location": "PEM file of the client's key; needs `ssl_certificate_location`",
    "ssl_key_password": "password of the key; from the environment only",
    "ssl_key_password_file": "file with the password of the key",
}
#: Rich's own template loads a font from elsewhere; a picture in a repository should load nothing.
SVG = """<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<!-- Made by `.venv/bin/python docs/generate.py`. -->
<style>
.{unique_id}-matrix {{ font-family: Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: {char_height}px;
line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: arial; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def settings_table() -> str:
    """Every setting with its default and its meaning."""
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        meaning = field.description or AS_IN_KAFKA[name]
        rows.append(f"| `{name}` | {_shown(field.default)} | {meaning.replace('|', chr(92) + '|')} |")
    return "\n".join(rows)


def _shown(default: object) -> str:
    if default is None or default == "":
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, list):
        return f"`{','.join(default)}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def rooms_table() -> str:
    """Every package with the first line of its docstring."""
    rows = ["| room | what it holds |", "|---|---|"]
    for file in sorted([*ROOT.glob("detectors/**/__init__.py"), *ROOT.glob("streams/**/__init__.py")]):
        said = (ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or "").partition("\n")[0]
        said = re.sub(r":\w+:`([^`]*)`", r"`\1`", said).replace("``", "`")
        rows.append(f"| `{file.parent.relative_to(ROOT)}` | {said} |")
    return "\n".join(rows)


def picture() -> str:
    """An alert that the shipped rules fire on the sample articles, as the demo prints it."""
    rule, article_id = PICTURED
    running = Scan(Engine(load_rules(ROOT / "deploy" / "rules")))
    enricher = Enricher(Extractor())
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
    for line in SAMPLES.read_bytes().splitlines():
        if article_id.encode() not in line:
            continue
        (article,) = enricher.enrich([Record(value=line, timestamp=_NOW)])
        for firing in running.feed(article):
            if firing.alert.rule == rule:
                console.print(alert_block(firing.alert))
                sentence = evidence_sentence(article, firing.alert.evidence[-1].spans)
                console.print(Padding(quotation(sentence or ""), (0, 0, 0, 2), expand=False))
    return console.export_svg(title="newswatch demo", code_format=SVG, unique_id="alert")


def in_place(document: str, name: str, text: str) -> str:
    """The document with ``text`` between its marks ``<!-- name: ... -->`` and ``<!-- end of name -->``."""
    marked = re.compile(rf"(<!-- {name}: .*? -->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    assert marked.search(document), f"the document has no place for {name}"
    return marked.sub(lambda found: f"{found[1]}{text}\n{found[2]}", document)


def generated() -> dict[Path, str]:
    """Each file with generated parts as it should be."""
    settings, architecture = ROOT / "docs" / "settings.md", ROOT / "ARCHITECTURE.md"
    return {
        settings: in_place(settings.read_text(encoding="utf-8"), "settings", settings_table()),
        architecture: in_place(architecture.read_text(encoding="utf-8"), "rooms", rooms_table()),
        ROOT / "docs" / "images" / "alert.svg": picture(),
    }


def main() -> None:
    """Write the files."""
    for file, text in generated().items():
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
