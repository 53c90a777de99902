"""The image's recipe, checked without a container engine."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from streams.monitoring.health import Health
from streams.monitoring.http_port import HealthServer

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
    assert user == "10001:0"
    assert not any(name == "RUN" and "pip install" in rest for name, rest in last)
    names = [name for name, _ in last]
    assert names.index("USER") < names.index("ENTRYPOINT")


def test_the_health_check_is_the_copied_script() -> None:
    [check] = [rest for name, rest in INSTRUCTIONS if name == "HEALTHCHECK"]
    script = json.loads(check[check.index("[") :])[-1]
    assert f"COPY deploy/docker/healthcheck.py {script}\n" in TEXT
    assert "EXPOSE 9464" in TEXT


@pytest.mark.parametrize(("host", "listens"), [("0.0.0.0", "127.0.0.1"), ("127.0.0.1", "127.0.0.1"), ("::1", "::1")])
def test_the_health_check_asks_the_port_that_the_environment_sets(host: str, listens: str) -> None:
    health = Health(stall_seconds=60)
    with HealthServer(listens, 0, CollectorRegistry(), health) as server:
        assert check(host, server.port).returncode == 0
        health._beat -= 61
        unwell = check(host, server.port)
        assert (unwell.returncode, unwell.stderr) == (1, "/livez: HTTP Error 503: Service Unavailable\n")
    assert check(host, server.port).returncode == 1


def check(host: str, port: int) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "NEWSWATCH_METRICS_HOST": host, "NEWSWATCH_METRICS_PORT": str(port)}
    command = [sys.executable, "-I", ROOT / "deploy" / "docker" / "healthcheck.py"]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def test_any_user_of_group_0_may_write_its_folder() -> None:
    """OpenShift runs an image as a user id of its own choice, in group 0."""
    [made] = [rest for name, rest in INSTRUCTIONS if name == "RUN" and "useradd" in rest]
    assert "chgrp -R 0 /var/lib/newswatch" in made
    assert "chmod -R g=u /var/lib/newswatch" in made
    environment = " ".join(rest for name, rest in INSTRUCTIONS if name == "ENV")
    assert "HOME=/var/lib/newswatch" in environment  # such a user has no entry in /etc/passwd
