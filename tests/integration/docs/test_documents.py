"""Every block of README and docs: commands run and print what follows them, files load, links lead somewhere."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from streams.brokers.kafka_cluster import KafkaCluster
from streams.settings import Settings
from tests.integration.docs.blocks import DOCUMENTS, ROOT, Block, agrees, blocks_of, compare
from tests.integration.docs.session import BROKER, NOT_RUN, Session

_SPEC = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
assert _SPEC is not None
assert _SPEC.loader is not None
generate = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(generate)

LANGUAGES = {"sh", "yaml", "json", "jsonl", "xml"}


def _named(file: Path) -> str:
    return str(file.relative_to(ROOT))


def _needs_kafka(file: Path) -> bool:
    return any(BROKER in block.text for block in blocks_of(file) if block.language == "sh")


WITHOUT_KAFKA = [file for file in DOCUMENTS if not _needs_kafka(file)]
ON_KAFKA = [file for file in DOCUMENTS if _needs_kafka(file)]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    session = Session(tmp_path)
    yield session
    session.close()


@pytest.fixture
def kafka_session(tmp_path: Path, kafka: KafkaCluster) -> Iterator[Session]:
    session = Session(tmp_path, kafka.bootstrap_servers)
    yield session
    session.close()


def _follow(file: Path, session: Session) -> None:
    for block in blocks_of(file):
        if block.title is not None:
            session.save(block)
        if block.language == "sh" and (printed := session.run(block)) is not None:
            compare(block, printed)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("file", WITHOUT_KAFKA, ids=_named)
def test_a_reader_can_follow(file: Path, session: Session) -> None:
    _follow(file, session)


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_operator_can_follow(kafka_session: Session) -> None:
    assert ON_KAFKA, "no document shows how to run on Kafka"
    for file in ON_KAFKA:
        _follow(file, kafka_session)


@pytest.mark.parametrize("file", DOCUMENTS, ids=_named)
def test_files_in_a_document_can_be_read(file: Path) -> None:
    for block in blocks_of(file):
        assert block.language in LANGUAGES, f"{block}: expected one of {sorted(LANGUAGES)}, or text after a block"
        if block.language == "yaml":
            assert isinstance(yaml.safe_load(block.text), dict), block
        elif block.language == "json":
            json.loads(block.text)
        elif block.language == "jsonl":
            for line in block.text.splitlines():
                assert json.loads(line)["text"], block


def test_what_is_made_from_the_code_is_current() -> None:
    for file, text in generate.generated().items():
        assert file.read_text(encoding="utf-8") == text, f"{_named(file)} is stale: run {generate.COMMAND}"


def test_every_setting_is_in_the_reference_with_its_default() -> None:
    document = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", document, re.MULTILINE))
    assert list(rows) == list(Settings.model_fields)
    assert rows["partitions"] == f"`{Settings.model_fields['partitions'].default}`"


def test_architecture_names_files_that_exist() -> None:
    document = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:tests|deploy|streams|detectors)/[\w./-]+)`", document))
    assert len(named) > 20
    assert {place for place in named if not (ROOT / place).exists()} == set()


def test_sections_that_code_refers_to_exist() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8"), re.MULTILINE)
    cited = {
        section
        for folder in ("detectors", "streams", "tests")
        for file in (ROOT / folder).rglob("*.py")
        for section in re.findall(r"\(ARCHITECTURE\.md, ([\w ]+)\)", file.read_text(encoding="utf-8"))
    }
    assert cited
    assert cited <= set(headings)


def test_every_reason_not_to_run_a_command_is_needed() -> None:
    commands = [line.strip() for file in DOCUMENTS for block in blocks_of(file) for line in block.text.splitlines()]
    assert [one for one in NOT_RUN if not any(command.startswith(one) for command in commands)] == []


def test_the_readme_begins_with_the_demo_and_the_tests() -> None:
    commands = [block.text.strip() for block in blocks_of(ROOT / "README.md") if block.language == "sh"]
    assert commands[:2] == ["make demo", "make test"]


@pytest.mark.parametrize(
    "file", [*DOCUMENTS, *(ROOT / name for name in ("ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"))], ids=_named
)
def test_links_lead_somewhere(file: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", file.read_text(encoding="utf-8")):
        place, _, anchor = target.partition("#")
        if "://" in target:
            continue
        there = (file.parent / place).resolve() if place else file
        assert there.exists(), f"{_named(file)}: {target}"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {_anchor(heading) for heading in headings}, f"{_named(file)}: {target}"


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\n...\nc\n", "a\nb\nb\nc\n", True),
        ("a\n...\nc\n", "a\nb\nd\n", False),
        ("ready in 5 ms", "ready in 12.5 ms", True),
        ("5 alerts", "6 alerts", False),
    ],
)
def test_only_what_varies_is_masked(shown: str, printed: str, same: bool) -> None:
    assert agrees(shown, printed) is same


def test_a_block_of_text_is_the_output_of_the_block_before(tmp_path: Path) -> None:
    file = ROOT / "README.md"
    found: list[Block] = [block for block in blocks_of(file) if block.output]
    assert found, "the README shows no output"
    assert "text" not in {block.language for block in found}
