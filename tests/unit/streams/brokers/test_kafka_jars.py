"""Kafka's jars: downloaded once, completely or not at all; errors say what is missing and how to fix it."""

import stat
from pathlib import Path

import pytest

from streams.brokers.kafka_jars import KafkaUnavailableError, cache_folder, jars, java, pom


def _program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def bin_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/sbin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr("streams.brokers.kafka_jars.shutil.which", _which(folder))
    return folder


def _which(folder: Path):
    def which(name: str) -> str | None:
        place = Path(name) if "/" in name else folder / name
        return str(place) if place.is_file() else None

    return which


FETCH = 'for word; do case $word in -DoutputDirectory=*) out=${word#*=};; esac; done; mkdir -p "$out"'


def test_jars_are_downloaded_once(bin_folder: Path, tmp_path: Path) -> None:
    _program(bin_folder, "mvn", f'{FETCH}; touch "$out/kafka.jar"; echo x >> {tmp_path}/calls')
    first = jars()
    assert [file.name for file in first.iterdir()] == ["kafka.jar"]
    assert jars() == first
    assert (tmp_path / "calls").read_text() == "x\n"
    assert [file.name for file in cache_folder().iterdir()] == [first.name], "nothing temporary is left"


def test_a_failed_download_leaves_no_partial_folder(bin_folder: Path) -> None:
    _program(bin_folder, "mvn", f'{FETCH}; touch "$out/half.jar"; echo "no route to repository"; exit 1')
    with pytest.raises(
        KafkaUnavailableError, match=r"Maven could not download Kafka's jars \(exit code 1\):\nno route"
    ):
        jars()
    assert list(cache_folder().iterdir()) == []


def test_without_maven_the_message_says_what_to_install(bin_folder: Path) -> None:
    with pytest.raises(KafkaUnavailableError, match=r"`mvn` is not on the PATH .*apt-get install maven"):
        jars()


def test_without_java_the_message_says_what_to_install(bin_folder: Path) -> None:
    with pytest.raises(KafkaUnavailableError, match=r"needs Java 17 or newer, and `java` is not on the PATH"):
        java()


def test_a_java_home_without_java_is_named(bin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/nowhere")
    with pytest.raises(KafkaUnavailableError, match="JAVA_HOME=/nowhere has no bin/java"):
        java()


@pytest.mark.parametrize(
    ("version", "problem"),
    [
        ('openjdk version "17.0.15" 2025-04-15', None),
        ('openjdk version "21" 2023-09-19', None),
        ('java version "1.8.0_402"', "is Java 8"),
        ('openjdk version "11.0.2" 2019-01-15', "is Java 11"),
        ("Killed", "does not print a version: 'Killed'"),
    ],
)
def test_java_is_new_enough(bin_folder: Path, version: str, problem: str | None) -> None:
    _program(bin_folder, "java", f"echo '{version}' >&2")
    if problem is None:
        assert java() == str(bin_folder / "java")
    else:
        with pytest.raises(KafkaUnavailableError, match=problem):
            java()


def test_the_maven_file_pins_every_version() -> None:
    text = pom().read_text()
    assert "<kafka.version>4.3.1</kafka.version>" in text
    assert "LATEST" not in text
    assert "[" not in text.partition("<dependencies>")[2], "no version ranges"


@pytest.mark.parametrize("stated", ["", "relative/path"])
def test_an_empty_or_relative_cache_folder_is_ignored(monkeypatch: pytest.MonkeyPatch, stated: str) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", stated)
    assert cache_folder() == Path.home() / ".cache" / "newswatch"
