"""What Faust's app is given of ours."""

from typing import Any

import faust
import pytest
from mode.utils.queues import FlowControlQueue

from streams.settings import SettingsError, load_settings
from streams.worker.app import create_app


@pytest.fixture
def app() -> faust.App:
    return create_app(load_settings(brokers="127.0.0.1:1"))


def test_what_was_fetched_while_messages_flow_is_not_thrown_away(app: faust.App) -> None:
    queue: FlowControlQueue[int] = FlowControlQueue(flow_control=app.flow_control, clear_on_resume=True)
    app.flow_control.resume()
    queue.put_nowait(1)
    app.flow_control.resume()  # as Faust does at the end of a recovery, after the seek
    assert queue.qsize() == 1


def test_what_was_fetched_before_the_partitions_moved_is_thrown_away(app: faust.App) -> None:
    queue: FlowControlQueue[int] = FlowControlQueue(flow_control=app.flow_control, clear_on_resume=True)
    app.flow_control.resume()
    queue.put_nowait(1)
    app.flow_control.suspend()
    app.flow_control.resume()
    assert queue.qsize() == 0


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Any) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match="data_dir: cannot make"):
        create_app(load_settings(brokers="127.0.0.1:1", data_dir=tmp_path / "file"))
