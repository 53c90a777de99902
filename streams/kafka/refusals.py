"""Why brokers refuse, and how to fix it: errors of TLS, SASL, sockets and Kafka clients, in terms of the settings."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

import msgspec
from kafka.errors import KafkaConnectionError

from streams.settings import Settings

_CLASS = re.compile(r"^(?:\[Error \d+\] )?(?:\w+Error: )*")
_ERRNO = re.compile(r"^(\d+) E[A-Z]+$")
#: kafka-python's administration client quotes the whole request and the whole answer.
_DUMP = re.compile(r"(?:Request '|\b)(\w+?)Request\b.*? failed with response '?(.*)", re.DOTALL)
_ANSWER = re.compile(r"error_message=(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")")


def plain(said: str) -> str:
    """A library's reason without class names and dumps of requests, and with error numbers in words."""
    reason = _CLASS.sub("", said)
    if (dump := _DUMP.search(reason)) is not None:
        answers = dict.fromkeys(quoted or other for quoted, other in _ANSWER.findall(dump[2]))
        why = re.sub(r"^\[Error \d+\] |[: ]+$", "", said.removesuffix(reason))
        return "; ".join(filter(None, answers)) or f"the broker refuses {dump[1]}{f' ({why})' if why else ''}"
    number = _ERRNO.match(reason)
    return os.strerror(int(number[1])) if number else reason


class Cause(msgspec.Struct, frozen=True):
    """The reason, with the nearest remedy if it is ``known``. ``final``: a retry will not help."""

    said: str
    final: bool = False
    known: bool = True


def cause(reason: str, settings: Settings) -> Cause:
    """What a library's reason for a failed connection means; the reason itself if it is not a known one."""
    for pattern, explain, final in _KNOWN:
        if (found := pattern.search(reason)) is not None:
            return Cause(explain(settings, found), final)
    return Cause(reason, known=False)


_FORBIDDEN = re.compile(r"(Topic|Group|Cluster|TransactionalId)AuthorizationFailed")
_WHAT = {
    "Topic": "a right on topic {}",
    "Group": "the right to consumer group {}",
    "Cluster": "the right to write to topics, or another right on the cluster",
    "TransactionalId": "the right to transactional id {}",
}


def is_refusal(error: BaseException) -> bool:
    """Whether the error of a Kafka client says that the user lacks a right."""
    return _FORBIDDEN.search(repr(error)) is not None


def said(error: BaseException, address: str | None = None) -> str:
    """What an error of a Kafka client means, in one line: above all, which right the user lacks.

    ``address``: host and port of the broker that was lost last.
    """
    found = _FORBIDDEN.search(repr(error))
    if found is None:
        reason = plain(str(error))
        if reason in ("", "None"):
            reason = type(error).__name__
        if isinstance(error, KafkaConnectionError):  # not at the first address, or there would be no client
            broker = f"the broker at {address}" if address else "a broker"
            return f"connecting to {broker} failed: {reason}; is its advertised.listeners address reachable from here?"
        return reason
    names = error.args[0] if error.args else ()
    named = ", ".join(sorted(map(str, names))) if isinstance(names, set | frozenset | list | tuple) else str(names)
    what = _WHAT[found[1]].format(named).rstrip()
    return f"this user lacks {what}; grant the rights of a role with `newswatch topics grant ROLE USER`"


def is_final(reason: str) -> bool:
    """Whether a retry is useless."""
    return any(final and pattern.search(reason) for pattern, _, final in _KNOWN)


def _authority(settings: Settings, found: re.Match[str]) -> str:
    del found
    expected = f"in ssl_ca_location {settings.ssl_ca_location}"
    if settings.ssl_ca_location is None:
        expected = "that this machine trusts; set ssl_ca_location"
    return f"the broker's certificate is not signed by an authority {expected}"


def _certificate(settings: Settings, found: re.Match[str]) -> str:
    if settings.ssl_certificate_location is None:
        return "the broker requires a client certificate; expected ssl_certificate_location and ssl_key_location"
    why = found[1].lower().replace("_", " ")
    return (
        f"the broker rejects ssl_certificate_location {settings.ssl_certificate_location} ({why}): the certificate has "
        "expired, or is signed by an authority that the broker does not trust"
    )


def _user(settings: Settings, found: re.Match[str]) -> str:
    del found
    if settings.sasl_mechanism == "OAUTHBEARER":
        names = ("token_file", "token_command", "token_endpoint_url")
        given = [name for name in names if getattr(settings, f"sasl_oauthbearer_{name}") is not None]
        return f"the broker does not accept the token from sasl_oauthbearer_{''.join(given)}"
    place = f"sasl_password_file {settings.sasl_password_file}"
    if settings.sasl_password is not None or settings.sasl_password_file is None:
        place = "sasl_password"
    return f"the broker does not accept sasl_username {settings.sasl_username} with the password in {place}"


def _without_user(settings: Settings, found: re.Match[str]) -> str:
    del found
    protocol = settings.security_protocol.removeprefix("SASL_")
    return f"the broker does not authenticate users on this port; expected security_protocol {protocol}"


def _closed(settings: Settings, found: re.Match[str]) -> str:
    del found
    match settings.security_protocol:
        case "PLAINTEXT":
            doubt = "it may expect TLS or a user (security_protocol SSL, SASL_SSL or SASL_PLAINTEXT)"
        case "SSL":
            doubt = "it may expect a user (security_protocol SASL_SSL)"
        case "SASL_PLAINTEXT":
            doubt = "it may expect TLS (security_protocol SASL_SSL)"
        case "SASL_SSL":
            doubt = "it may not accept this user, or may not be a Kafka broker"
    return f"the broker closed the connection; {doubt}"


_WITHOUT_TLS = "the server does not speak TLS; expected security_protocol PLAINTEXT or SASL_PLAINTEXT, or another port"


def _known(pattern: str, explain: str | Callable[[Settings, re.Match[str]], str], *, final: bool = True) -> _Known:
    """``explain``: what a match means; a text may refer to ``settings`` and ``found`` (the match) in braces."""
    if isinstance(explain, str):
        text = explain
        return _known(pattern, lambda settings, found: text.format(settings=settings, found=found), final=final)
    return re.compile(pattern, re.IGNORECASE), explain, final


_Known = tuple[re.Pattern[str], Callable[[Settings, re.Match[str]], str], bool]

_KNOWN: tuple[_Known, ...] = (
    _known(
        r"certificate is not valid for '([^']+)'",
        "the broker's certificate is not valid for {found[1]}; expected a name from the certificate in `brokers`",
    ),
    _known(
        r"certificate (has expired|is not yet valid)",
        "the broker's certificate {found[1]}: renew it, or set this machine's clock if it is wrong",
    ),
    _known(r"CERTIFICATE_VERIFY_FAILED", _authority),
    _known(r"ALERT_(\w*CERTIFICATE\w*|UNKNOWN_CA|HANDSHAKE_FAILURE)", _certificate),
    _known(r"Authentication failed|SaslAuthenticationFailed|\"invalid_token\"", _user),
    _known(
        r"UnsupportedSaslMechanism",
        "the broker does not accept sasl_mechanism {settings.sasl_mechanism}; expected one that it has enabled",
    ),
    _known(r"IllegalSaslState", _without_user),
    _known(
        r"Invalid frame length",
        "the server speaks TLS, or is not a Kafka broker; expected security_protocol SSL or SASL_SSL",
    ),
    _known(r"WRONG_VERSION_NUMBER|RECORD_LAYER_FAILURE", _WITHOUT_TLS),
    # A broker that shuts down closes connections the same way.
    _known(r"EOF occurred|Invalid receive", _WITHOUT_TLS, final=False),
    _known(r"^socket disconnected$", _closed, final=False),
)
