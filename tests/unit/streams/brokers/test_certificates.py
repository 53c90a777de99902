"""The folder of a secured broker: nobody else reads it, and nothing is written where a link leads."""

import os
from pathlib import Path

import pytest

from streams.brokers.certificates import Authority, CertificateError
from streams.brokers.security import KafkaSecurity


def test_a_folder_that_exists_becomes_private_with_its_secrets(tmp_path: Path) -> None:
    folder = tmp_path / "kafka"
    folder.mkdir(mode=0o755)
    (folder / "admin.password").write_text("old")
    (folder / "admin.password").chmod(0o644)
    KafkaSecurity(folder, [])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "admin.password").read_text() != "old"
    for file in folder.glob("*.password"):
        assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["admin.password", "ca.key", "worker.env"])
def test_a_link_in_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("mine")
    folder = tmp_path / "kafka"
    folder.mkdir()
    (folder / name).symlink_to(elsewhere)
    with pytest.raises(CertificateError) as refused:
        KafkaSecurity(folder, [])
    assert str(refused.value) == f"--folder {folder}: {name} is a link; expected no links: delete it"
    assert elsewhere.read_text() == "mine"


def test_a_folder_of_other_files_is_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "notes.txt").write_text("")
    with pytest.raises(CertificateError, match=r"it holds other files, such as notes\.txt; expected a new folder"):
        Authority(tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o755


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give a folder away")
def test_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    with pytest.raises(CertificateError, match="belongs to another user"):
        Authority(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CertificateError, match=r"cannot use .*file/below: Not a directory"):
        Authority(tmp_path / "file" / "below")
