"""A worker's local files are its user's alone."""

from pathlib import Path

import pytest

from streams.settings import SettingsError
from streams.settings.data_folder import make_data_folder


def test_what_is_made_is_private_and_what_exists_stays(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    folder = make_data_folder(tmp_path / "var" / "desk")
    assert [place.stat().st_mode & 0o777 for place in (tmp_path, folder.parent, folder)] == [0o755, 0o700, 0o700]
    assert make_data_folder(folder) == folder


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError) as refused:
        make_data_folder(tmp_path / "file" / "below")
    assert str(refused.value) == f"data_dir: cannot create {tmp_path}/file/below: Not a directory"
