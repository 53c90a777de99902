"""`newswatch sources`, without a broker."""

import json
from pathlib import Path

from typer.testing import CliRunner

from streams.cli.sources import app
from tests.rigs.raw_server import ok, raw_server

RSS = b"<rss version='2.0'><channel><item><title>Talks in Astana</title></item><item><guid>2</guid></item></channel></rss>"


def test_try_shows_a_table_or_the_records_and_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(RSS)
    with raw_server({"/rss": ok(RSS)}) as server:
        (tmp_path / "s.yaml").write_text(f"sources: [{{name: wire, url: '{server}/rss', outlet: Wire, private: true}}]")
        options = ["try", "wire", f"{server}/none", str(tmp_path / "a.xml"), "--config", str(tmp_path / "s.yaml")]
        done = CliRunner().invoke(app, [*options, "--json", "--set", "feeds_at_private_addresses=true"])
        shown = CliRunner().invoke(app, ["try", "wire", "--config", str(tmp_path / "s.yaml")])
    assert done.exit_code == 2
    assert [json.loads(line).get("source") for line in done.stdout.splitlines()] == ["Wire", None]
    assert (shown.exit_code, "Talks in Astana" in shown.stdout) == (0, True)


def test_list_shows_no_secrets(tmp_path: Path) -> None:
    file = tmp_path / "s.yaml"
    file.write_text("sources: [{url: 'http://u:secret@a.example/', headers: {X-Token: secret}}]")
    for options in ([], ["--json"]):
        done = CliRunner().invoke(app, ["list", str(file), *options])
        assert "a.example" in done.stdout
        assert "secret" not in done.stdout
    assert CliRunner().invoke(app, ["check", str(file)]).exit_code == 0
