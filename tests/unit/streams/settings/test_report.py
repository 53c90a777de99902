"""What a worker says of its settings when it starts."""

from pydantic import SecretStr

from streams.settings import load_settings
from streams.settings.report import changed


def test_only_what_differs_is_said_and_secrets_are_masked() -> None:
    settings = load_settings(
        brokers="a:1,b:2",
        partitions=6,
        idempotence=False,
        security_protocol="SASL_SSL",
        sasl_username="desk",
        sasl_password=SecretStr("canary"),
    )
    assert changed(settings) == (
        "brokers=a:1,b:2, idempotence=false, security_protocol=SASL_SSL, sasl_username=desk, sasl_password=**********"
    )
    assert changed(load_settings()) == ""


def test_a_command_that_may_hold_a_token_is_masked() -> None:
    settings = load_settings(
        security_protocol="SASL_SSL",
        sasl_mechanism="OAUTHBEARER",
        sasl_oauthbearer_token_command="fetch-token --key canary",
    )
    assert "canary" not in changed(settings)
    assert "sasl_oauthbearer_token_command=**********" in changed(settings)
