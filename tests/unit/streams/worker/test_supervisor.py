"""The commands of the workers that a supervisor starts."""

from streams.settings import Settings, load_settings
from streams.worker.supervisor import worker_command


def port_of(settings: Settings, index: int) -> str | None:
    flags = [flag for flag in worker_command(settings, index) if flag.startswith("metrics_port=")]
    return flags[0].partition("=")[2] if flags else None


def test_an_explicit_port_counts_up_even_if_it_is_the_default() -> None:
    assert [port_of(load_settings(metrics_port=9464), index) for index in range(2)] == ["9464", "9465"]
    assert [port_of(load_settings(metrics_port=0), index) for index in range(2)] == ["0", "0"]


def test_without_a_port_each_worker_takes_the_next_free_one() -> None:
    assert port_of(load_settings(), 1) is None
