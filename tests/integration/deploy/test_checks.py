"""The checks of `make check` pass on the shipped files and fail on wrong ones; the image's recipe works."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CI = ROOT / ".ci"


def _run(*command: str | Path, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.skipif(not (shutil.which("go") or _run("docker", "compose", "version").returncode == 0), reason="no Go")
class TestCompose:
    def test_the_shipped_file_is_valid(self) -> None:
        done = _run(CI / "compose-check", "docker-compose.yml")
        assert done.returncode == 0, done.stderr
        assert done.stdout == "docker-compose.yml: valid\n"

    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            (("    image: apache/kafka:4.3.1", "    imag: apache/kafka:4.3.1"), "imag"),
            (("condition: service_completed_successfully", "condition: when_ready"), "condition"),
            (('ports: ["127.0.0.1:9090:9090"]', 'ports: ["127.0.0.1:9090:port"]'), "port"),
        ],
    )
    def test_a_bad_file_is_refused(self, tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
        text = (ROOT / "docker-compose.yml").read_text()
        assert change[0] in text
        (tmp_path / "docker-compose.yml").write_text(text.replace(*change))
        done = _run(CI / "compose-check", tmp_path / "docker-compose.yml")
        assert done.returncode != 0
        assert complaint in done.stderr
        assert "valid\n" not in done.stdout


@pytest.mark.skipif(not shutil.which("promtool"), reason="no promtool (Debian: apt-get install prometheus)")
class TestPrometheusFiles:
    def test_the_shipped_files_pass(self) -> None:
        done = _run(CI / "prometheus-check")
        assert done.returncode == 0, done.stdout + done.stderr

    @pytest.mark.parametrize(
        ("file", "change"),
        [
            ("deploy/prometheus/prometheus.yml", ("scrape_interval: 15s", "scrape_interval: often")),
            ("deploy/prometheus/rules/newswatch.yml", ("expr: newswatch_ready == 0", "expr: newswatch_ready === 0")),
            ("deploy/prometheus/rules/newswatch.yml", ("for: 10m", "for: 1m")),  # a unit test of the rules notices
            ("deploy/alertmanager/alertmanager.yml", ("receiver: operators", "receiver: nobody-known")),
        ],
    )
    def test_a_bad_file_is_refused(self, tmp_path: Path, file: str, change: tuple[str, str]) -> None:
        shutil.copytree(CI, tmp_path / ".ci")
        for folder in ("prometheus", "alertmanager"):
            shutil.copytree(ROOT / "deploy" / folder, tmp_path / "deploy" / folder)
        text = (tmp_path / file).read_text()
        assert change[0] in text
        (tmp_path / file).write_text(text.replace(*change))
        assert _run(tmp_path / ".ci" / "prometheus-check", cwd=tmp_path).returncode != 0


@pytest.mark.slow
def test_the_image_recipe_installs_a_working_program(tmp_path: Path) -> None:
    """Run the build stage's commands in order, in temporary folders instead of the image's."""
    text = (ROOT / "deploy" / "docker" / "Dockerfile").read_text()
    build = re.sub(r"\\\n", " ", text).split("FROM ")[1]
    places = {"/opt/newswatch": str(tmp_path / "newswatch"), "/src": str(tmp_path / "src")}
    (tmp_path / "src").mkdir()
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": os.environ["HOME"]}
    ran = 0
    for line in build.splitlines():
        word, _, rest = line.partition(" ")
        if word == "COPY":
            *sources, target = rest.split()
            for source in sources:
                place = tmp_path / "src" / (Path(source).name if target == "./" else target)
                place.parent.mkdir(parents=True, exist_ok=True)
                copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy2
                copy(ROOT / source, place)
        elif word == "RUN":
            for old, new in places.items():
                rest = rest.replace(old, new)
            done = subprocess.run(
                ["sh", "-ec", rest],
                cwd=tmp_path / "src",
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, f"{rest}\n{done.stdout}{done.stderr}"
            ran += 1
    assert ran == 3
    # The wheel contains more than code: the rules, templates, and the Maven file of the development Kafka.
    code = (
        "from pathlib import Path; from streams.brokers import kafka_jars as k; print(k.pom())\n"
        "from streams.pages.highlight import write_pages; write_pages([], Path('pages'))"
    )
    python = tmp_path / "newswatch" / "bin" / "python"
    done = _run(python, "-I", "-c", code, cwd=tmp_path)
    assert "site-packages/streams/data/kafka/pom.xml" in done.stdout, done.stderr
    assert (tmp_path / "pages" / "index.html").is_file(), done.stderr
