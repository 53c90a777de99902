"""What a group's coordinator refuses for good, in the words of the settings."""

import pytest
from kafka import errors

from streams.settings.group_refusals import CONFIG_STATUS, Membership, refused

WORKER = Membership("news", "app_id", 3.0, "desk")


@pytest.mark.parametrize(
    ("error", "says", "remedy"),
    [
        (errors.InconsistentGroupProtocolError, "'news' (app_id) is in use by programs of another", "another app_id"),
        (errors.GroupIdNotFoundError, "'news' (app_id) is in use by programs of another kind", "another app_id"),
        (errors.InvalidGroupIdError, "do not accept the consumer group 'news'", "set another app_id"),
        (errors.InvalidSessionTimeoutError, "session_timeout_seconds 3;", "group.min.session.timeout.ms"),
        (errors.UnsupportedVersionError, "version of the group protocol", "expected Apache Kafka 3.7 or later"),
        (errors.GroupMaxSizeReachedError, "consumer group 'news' is full", "group.max.size"),
        (errors.FencedInstanceIdError, "the same instance_id 'desk' and has taken over", "an instance_id of its own"),
    ],
)
def test_each_refusal_names_the_setting_and_the_remedy(error: type, says: str, remedy: str) -> None:
    found = refused(error.errno, WORKER)  # type: ignore[attr-defined]
    assert found is not None
    assert says in str(found)
    assert remedy in str(found)
    assert found.exit_status == CONFIG_STATUS == 78


@pytest.mark.parametrize(
    "error",
    [
        errors.NoError,
        errors.UnknownMemberIdError,
        errors.IllegalGenerationError,
        errors.RebalanceInProgressError,
        errors.MemberIdRequiredError,
        errors.NotCoordinatorError,
        errors.CoordinatorLoadInProgressError,
        errors.CoordinatorNotAvailableError,
    ],
)
def test_what_passes_by_itself_is_no_refusal(error: type) -> None:
    assert refused(error.errno, WORKER) is None  # type: ignore[attr-defined]
