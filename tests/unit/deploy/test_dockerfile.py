"""The image's recipe, checked without a container engine."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "deploy" / "docker" / "Dockerfile").read_text()
INSTRUCTIONS = [
    line.split(maxsplit=1)
    for line in re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", TEXT)).splitlines()
    if line.strip()
]
COPIED = [
    source
    for name, rest in INSTRUCTIONS
    if name == "COPY" and not rest.startswith("--from")
    for source in rest.split()[:-1]
]


@pytest.mark.parametrize("source", COPIED)
def test_copied_files_exist_and_are_in_the_build_context(source: str) -> None:
    assert (ROOT / source).exists()
    kept = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert any(source == path or source.startswith(f"{path}/") for path in kept)


def test_the_build_context_contains_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    kept = {line[1:] for line in lines if line.startswith("!")}
    assert kept == set(COPIED)


def test_the_final_stage_builds_nothing_and_is_not_root() -> None:
    starts = [index for index, (name, _) in enumerate(INSTRUCTIONS) if name == "FROM"]
    assert len(starts) == 2
    last = INSTRUCTIONS[starts[-1] :]
    [user] = [rest for name, rest in last if name == "USER"]
    assert user == "10001:10001"
    assert not any(name == "RUN" and "pip install" in rest for name, rest in last)
    names = [name for name, _ in last]
    assert names.index("USER") < names.index("ENTRYPOINT")


def test_the_health_check_asks_the_worker_port() -> None:
    [check] = [rest for name, rest in INSTRUCTIONS if name == "HEALTHCHECK"]
    assert "http://127.0.0.1:9464/livez" in check
    assert "EXPOSE 9464" in TEXT
