"""Our additions to Faust's app."""

from types import SimpleNamespace
from typing import Any

import faust
import pytest
from mode.utils.queues import FlowControlQueue

from streams.settings import SettingsError, load_settings
from streams.worker.app import create_app
from streams.worker.worker import BUFFERED_ARTICLES, Worker


@pytest.fixture
def app() -> faust.App:
    return create_app(load_settings(brokers="127.0.0.1:1"))


def test_a_second_resume_keeps_fetched_records(app: faust.App) -> None:
    queue: FlowControlQueue[int] = FlowControlQueue(flow_control=app.flow_control, clear_on_resume=True)
    app.flow_control.resume()
    queue.put_nowait(1)
    app.flow_control.resume()  # as Faust does at the end of a recovery, after the seek
    assert queue.qsize() == 1


def test_a_resume_after_a_suspension_discards_fetched_records(app: faust.App) -> None:
    queue: FlowControlQueue[int] = FlowControlQueue(flow_control=app.flow_control, clear_on_resume=True)
    app.flow_control.resume()
    queue.put_nowait(1)
    app.flow_control.suspend()
    app.flow_control.resume()
    assert queue.qsize() == 0


def test_a_folder_that_cannot_be_created_is_an_error(tmp_path: Any) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match="data_dir: cannot create"):
        create_app(load_settings(brokers="127.0.0.1:1", data_dir=tmp_path / "file"))


def test_faust_buffers_few_articles_for_it_counts_no_bytes(app: faust.App) -> None:
    async def run(stream: Any) -> None:
        del stream

    channels: list[Any] = []
    faked = SimpleNamespace(topic=app.topic, agent=lambda channel, **_: lambda _: channels.append(channel))
    reader: Any = SimpleNamespace(settings=load_settings(), app=faked)
    for most in (BUFFERED_ARTICLES, None):
        Worker._agent(reader, "articles", run, most=most)
    assert [channel.clone(is_iterator=True).queue.maxsize for channel in channels] == [32, 512]
