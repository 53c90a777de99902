"""Why brokers say no, and what to mend: what TLS, SASL, sockets and Kafka's clients say, in terms of the settings."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import msgspec
from kafka.errors import KafkaConnectionError

from streams.settings import Settings

_CLASS = re.compile(r"^(?:\[Error \d+\] )?(?:\w+Error: )*")
_ERRNO = re.compile(r"^(\d+) E[A-Z]+$")


def plain(said: str) -> str:
    """A library's reason without the names of its classes, and numbers of errors in words."""
    reason = _CLASS.sub("", said)
    number = _ERRNO.match(reason)
    return os.strerror(int(number[1])) if number else reason


class Cause(msgspec.Struct, frozen=True):
    """Why; with the nearest remedy where it is ``known``. ``final``: trying again will not help."""

    said: str
    final: bool = False
    known: bool = True


def cause(reason: str, settings: Settings) -> Cause:
    """What a library's reason for a failed connection means; the reason itself where it is none of those known."""
    for pattern, explain, final in _KNOWN:
        if (found := pattern.search(reason)) is not None:
            return Cause(explain(settings, found), final)
    return Cause(reason, known=False)


_FORBIDDEN = re.compile(r"(Topic|Group|Cluster|TransactionalId)AuthorizationFailed")
_WHAT = {
    "Topic": "a right on topic {}",
    "Group": "the right to consumer group {}",
    "Cluster": "the right to write to topics, or another on the cluster",
    "TransactionalId": "the right to transactional id {}",
}


def is_refusal(error: BaseException) -> bool:
    """Whether a Kafka client says that the user lacks a right."""
    return _FORBIDDEN.search(repr(error)) is not None


def said(error: BaseException) -> str:
    """What an error of a Kafka client means, in one line: above all, which right the user does not have."""
    found = _FORBIDDEN.search(repr(error))
    if found is None:
        reason = plain(str(error))
        if reason in ("", "None"):
            reason = type(error).__name__
        if isinstance(error, KafkaConnectionError):  # not at the first address, or no client would be there
            return f"a broker's connection failed: {reason}; does its address in advertised.listeners answer from here?"
        return reason
    names = error.args[0] if error.args else ()
    named = ", ".join(sorted(map(str, names))) if isinstance(names, set | frozenset | list | tuple) else str(names)
    what = _WHAT[found[1]].format(named).rstrip()
    return f"this user lacks {what}; `newswatch topics grant ROLE USER` gives the rights of a role"


def is_final(reason: str) -> bool:
    """Whether it is of no use to try again."""
    return any(final and pattern.search(reason) for pattern, _, final in _KNOWN)


def _authority(settings: Settings, found: re.Match[str]) -> str:
    del found
    expected = f"in ssl_ca_location {settings.ssl_ca_location}"
    if settings.ssl_ca_location is None:
        expected = "that this machine trusts; set ssl_ca_location"
    return f"the broker's certificate is not signed by an authority {expected}"


def _certificate(settings: Settings, found: re.Match[str]) -> str:
    if settings.ssl_certificate_location is None:
        return "the broker asks for a certificate; expected ssl_certificate_location and ssl_key_location"
    why = found[1].lower().replace("_", " ")
    return (
        f"the broker refuses ssl_certificate_location {settings.ssl_certificate_location} ({why}): it has expired, or "
        "an authority signed it that the broker does not trust"
    )


def _user(settings: Settings, found: re.Match[str]) -> str:
    del found
    place = f"sasl_password_file {settings.sasl_password_file}"
    if settings.sasl_password is not None or settings.sasl_password_file is None:
        place = "sasl_password"
    return f"the broker does not take sasl_username {settings.sasl_username} with what is in {place}"


def _without_user(settings: Settings, found: re.Match[str]) -> str:
    del found
    protocol = settings.security_protocol.removeprefix("SASL_")
    return f"the broker asks for no user there; expected security_protocol {protocol}"


def _closed(settings: Settings, found: re.Match[str]) -> str:
    del found
    match settings.security_protocol:
        case "PLAINTEXT":
            doubt = "it may expect TLS or a user, security_protocol SSL, SASL_SSL or SASL_PLAINTEXT"
        case "SSL":
            doubt = "it may expect a user, security_protocol SASL_SSL"
        case "SASL_PLAINTEXT":
            doubt = "it may expect TLS, security_protocol SASL_SSL"
        case "SASL_SSL":
            doubt = "it may not take this user, or be no Kafka"
    return f"the broker closes the connection; {doubt}"


_WITHOUT_TLS = "what answers speaks no TLS; expected security_protocol PLAINTEXT or SASL_PLAINTEXT, or another port"


def _known(pattern: str, explain: str | Callable[[Settings, re.Match[str]], str], *, final: bool = True) -> _Known:
    """``explain``: what a match means; in a text ``settings`` and what was ``found`` can stand in braces."""
    if isinstance(explain, str):
        text = explain
        return _known(pattern, lambda settings, found: text.format(settings=settings, found=found), final=final)
    return re.compile(pattern, re.IGNORECASE), explain, final


_Known = tuple[re.Pattern[str], Callable[[Settings, re.Match[str]], str], bool]

_KNOWN: tuple[_Known, ...] = (
    _known(
        r"certificate is not valid for '([^']+)'",
        "the broker's certificate is not for {found[1]}; expected in `brokers` a name that the certificate has",
    ),
    _known(
        r"certificate (has expired|is not yet valid)",
        "the broker's certificate {found[1]}: it needs a new one, unless this machine's clock is wrong",
    ),
    _known(r"CERTIFICATE_VERIFY_FAILED", _authority),
    _known(r"ALERT_(\w*CERTIFICATE\w*|UNKNOWN_CA|HANDSHAKE_FAILURE)", _certificate),
    _known(r"Authentication failed|SaslAuthenticationFailed", _user),
    _known(
        r"UnsupportedSaslMechanism",
        "the broker does not take sasl_mechanism {settings.sasl_mechanism}; expected one that it has enabled",
    ),
    _known(r"IllegalSaslState", _without_user),
    _known(
        r"Invalid frame length",
        "what answers speaks TLS, or is no Kafka; expected security_protocol SSL or SASL_SSL",
    ),
    _known(r"WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE", _WITHOUT_TLS),
    # A broker that goes down ends connections so, too.
    _known(r"EOF occurred|Invalid receive", _WITHOUT_TLS, final=False),
    _known(r"^socket disconnected$", _closed, final=False),
)
