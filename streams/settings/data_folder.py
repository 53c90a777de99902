"""The folder for a worker's local files."""

from __future__ import annotations

from pathlib import Path

from streams.settings.errors import SettingsError


def make_data_folder(folder: Path) -> Path:
    """Make ``data_dir`` or a folder in it, for this user alone: it will hold logs, and facts about articles.

    Folders that exist keep their modes.

    Raises:
        SettingsError: the folder cannot be made.
    """
    try:
        for place in (*reversed(folder.parents), folder):
            if place == folder or not place.exists():
                place.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise SettingsError(f"data_dir: cannot create {folder}: {error.strerror}") from None
    return folder
