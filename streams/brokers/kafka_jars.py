"""The jars of Apache Kafka for development: downloaded once by Maven, kept in the user's cache."""

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from detectors.user_error import UserError
from streams.shipped import shipped

MINIMUM_JAVA = 17
"""A Kafka 4 broker needs at least this Java."""

_FETCH_TIMEOUT = 600.0


class KafkaUnavailableError(UserError):
    """Apache Kafka cannot run here; the message says what is missing and how to fix it."""


def pom() -> Path:
    """Find the Maven file that names the jars: in the installed package, else in the source tree."""
    place = shipped("kafka/pom.xml", "deploy/kafka/pom.xml")
    if place is None:
        raise KafkaUnavailableError(
            "deploy/kafka/pom.xml is neither in the package nor in the source tree: reinstall newswatch"
        )
    return place


def java() -> str:
    """Find a Java that can run a broker: `JAVA_HOME`, else `PATH`. Raises KafkaUnavailableError."""
    home = os.environ.get("JAVA_HOME")
    program = shutil.which(str(Path(home) / "bin" / "java")) if home else shutil.which("java")
    if program is None:
        where = f"JAVA_HOME={home} has no bin/java" if home else "`java` is not on the PATH"
        raise KafkaUnavailableError(
            f"Apache Kafka needs Java {MINIMUM_JAVA} or newer, and {where} "
            "(Debian: apt-get install default-jre-headless)"
        )
    said = subprocess.run([program, "-version"], capture_output=True, text=True, check=False).stderr
    found = re.search(r'version "(?:1\.)?(\d+)', said)
    if found is None:
        raise KafkaUnavailableError(f"{program} -version does not print a version: {said.strip()!r}")
    if int(found[1]) < MINIMUM_JAVA:
        raise KafkaUnavailableError(
            f"Apache Kafka needs Java {MINIMUM_JAVA} or newer, and {program} is Java {found[1]}"
        )
    return program


def cache_folder() -> Path:
    """Newswatch's cache folder of this user (XDG base directory specification)."""
    stated = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(stated) if Path(stated).is_absolute() else Path.home() / ".cache"
    return base / "newswatch"


def jars() -> Path:
    """The folder of Kafka's jars, downloaded on the first call. Raises KafkaUnavailableError.

    The folder is named after the content of the Maven file, and appears complete or not at all: several processes may
    download at the same time, and an interrupted download leaves nothing that could be taken for complete.
    """
    source = pom()
    folder = cache_folder() / f"kafka-{hashlib.sha256(source.read_bytes()).hexdigest()[:12]}"
    if folder.is_dir():
        return folder
    maven = shutil.which("mvn")
    if maven is None:
        raise KafkaUnavailableError(
            "Maven downloads Apache Kafka's jars, and `mvn` is not on the PATH (Debian: apt-get install maven)"
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as work:
        # Copy the Maven file: Maven may write beside it, and a package folder may not be writable.
        (Path(work) / "pom.xml").write_bytes(source.read_bytes())
        command = [maven, "-q", "-B", "-f", f"{work}/pom.xml", "dependency:copy-dependencies"]
        options = ["-DincludeScope=runtime", f"-DoutputDirectory={work}/jars"]
        try:
            done = subprocess.run(
                [*command, *options], capture_output=True, text=True, check=False, timeout=_FETCH_TIMEOUT
            )
        except subprocess.TimeoutExpired:
            raise KafkaUnavailableError(f"Maven did not download Kafka's jars within {_FETCH_TIMEOUT:.0f} s") from None
        if done.returncode != 0:
            said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
            raise KafkaUnavailableError(f"Maven could not download Kafka's jars (exit code {done.returncode}):\n{said}")
        try:
            (Path(work) / "jars").rename(folder)
        except OSError:
            if not folder.is_dir():  # otherwise another process was faster, with the same jars
                raise
    return folder
