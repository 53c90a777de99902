"""OAuth bearer tokens for Kafka (SASL OAUTHBEARER): from a file, a command or a token endpoint."""

from __future__ import annotations

import base64
import binascii
import re
import shlex
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from functools import cache
from pathlib import Path
from threading import Lock
from time import monotonic, time
from typing import Any

import msgspec

from detectors.user_error import UserError
from streams.settings.model import Settings

#: Timeout of the command and of the endpoint (seconds).
ANSWER_SECONDS = 20.0
#: Longest answer that is read (bytes).
MOST_BYTES = 1024 * 1024
#: How long to use a token that does not say how long it is valid (seconds).
UNKNOWN_SECONDS = 60.0
#: A token is renewed when this part of its time has passed.
RENEW_AT = 0.8
#: Longest quotation of somebody else's message (characters).
MOST_QUOTED = 200

_TOKEN = re.compile(r"[\x21-\x7e]+")


class TokenError(UserError):
    """There is no token; the message names the setting, what it met, and never a secret."""


class _Answer(msgspec.Struct):
    access_token: str
    expires_in: float | None = None


class _Refusal(msgspec.Struct):
    error: str = ""
    error_description: str = ""


class _Claims(msgspec.Struct):
    exp: float | None = None


class TokenSource:
    """A token that is renewed before it expires; thread-safe.

    Args:
        fetch: gets a token and for how long it is valid (seconds, None if unknown); raises TokenError.
    """

    def __init__(self, fetch: Callable[[], tuple[str, float | None]]) -> None:
        self._fetch = fetch
        self._one_at_a_time = Lock()
        self._token = ""
        self._renew_at = 0.0

    def token(self) -> str:
        """A valid token.

        Raises:
            TokenError: there is none.
        """
        with self._one_at_a_time:
            if not self._token or monotonic() >= self._renew_at:
                token, seconds = self._fetch()
                if seconds is None:
                    seconds = _seconds_left(token)
                self._token = token
                self._renew_at = monotonic() + RENEW_AT * (UNKNOWN_SECONDS if seconds is None else seconds)
            return self._token


def token_source(settings: Settings) -> TokenSource:
    """The source of tokens that the settings name; the same object for the same settings.

    Raises:
        SettingsError: the file with the client's secret cannot be read.
    """
    return _source(
        settings.sasl_oauthbearer_token_file,
        settings.sasl_oauthbearer_token_command,
        settings.sasl_oauthbearer_token_endpoint_url,
        settings.sasl_oauthbearer_client_id,
        settings.client_secret(),
        settings.sasl_oauthbearer_scope,
    )


@cache
def _source(
    file: Path | None, command: str | None, url: str | None, client: str | None, secret: str | None, scope: str | None
) -> TokenSource:
    if file is not None:
        return TokenSource(lambda: (_from_file(file), None))
    if command is not None:
        return TokenSource(lambda: (_from_command(command), None))
    return TokenSource(lambda: _from_endpoint(url or "", client or "", secret or "", scope))


def _from_file(file: Path) -> str:
    place = f"sasl_oauthbearer_token_file {file}"
    try:
        return _checked(file.read_text(encoding="utf-8-sig"), place)
    except OSError as error:
        raise TokenError(f"{place}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise TokenError(f"{place}: not UTF-8 text; expected a token") from None


def _from_command(command: str) -> str:
    place = f"sasl_oauthbearer_token_command {shlex.split(command)[0]}"  # its arguments may hold a secret
    try:
        done = subprocess.run(
            shlex.split(command), capture_output=True, timeout=ANSWER_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    except OSError as error:
        raise TokenError(f"{place}: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise TokenError(f"{place}: printed no token within {ANSWER_SECONDS:.0f} s") from None
    if done.returncode:
        raise TokenError(f"{place}: exited with status {done.returncode}: {_quoted(done.stderr)}")
    return _checked(done.stdout.decode("utf-8", "replace"), place)


def _from_endpoint(url: str, client: str, secret: str, scope: str | None) -> tuple[str, float | None]:
    place = f"sasl_oauthbearer_token_endpoint_url {url}"
    form = {"grant_type": "client_credentials"} | ({"scope": scope} if scope else {})
    pair = f"{urllib.parse.quote_plus(client)}:{urllib.parse.quote_plus(secret)}"
    request = urllib.request.Request(  # noqa: S310 - the settings allow https, and http to this machine
        url,
        data=urllib.parse.urlencode(form).encode(),
        headers={
            "Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}",
            "Accept": "application/json",
        },
    )
    opener = urllib.request.build_opener(
        _NoRedirects, urllib.request.HTTPSHandler(context=ssl.create_default_context())
    )
    try:
        with opener.open(request, timeout=ANSWER_SECONDS) as found:
            body = found.read(MOST_BYTES)
    except urllib.error.HTTPError as error:
        raise TokenError(f"{place}: {error.code} {error.reason}{_refusal(error)}; {_REMEDY}") from None
    except OSError as error:
        raise TokenError(f"{place}: {getattr(error, 'reason', None) or error}") from None
    try:
        answer = msgspec.json.decode(body, type=_Answer)
    except msgspec.MsgspecError:
        raise TokenError(f"{place}: the answer has no access_token; expected an OAuth 2 token endpoint") from None
    return _checked(answer.access_token, place), answer.expires_in


_REMEDY = "check sasl_oauthbearer_client_id, its secret and sasl_oauthbearer_scope"


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The secret goes to the endpoint that was set, and nowhere else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _refusal(error: urllib.error.HTTPError) -> str:
    try:
        said = msgspec.json.decode(error.read(MOST_BYTES), type=_Refusal)
    except (msgspec.MsgspecError, OSError):
        return ""
    words = " ".join(filter(None, (said.error, said.error_description)))
    return f": {_quoted(words.encode())}" if words else ""


def _quoted(said: bytes) -> str:
    words = " ".join(said.decode("utf-8", "replace").split())
    return "".join(letter if letter.isprintable() else "?" for letter in words)[:MOST_QUOTED]


def _checked(text: str, place: str) -> str:
    token = text.strip()
    if not _TOKEN.fullmatch(token):
        raise TokenError(
            f"{place}: expected a token, one word of ASCII; found {'nothing' if not token else 'other text'}"
        )
    return token


def _seconds_left(token: str) -> float | None:
    """For how long a JSON Web Token is valid, None if it is none or does not say."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        until = msgspec.json.decode(claims, type=_Claims).exp
    except (binascii.Error, ValueError):
        return None
    return None if until is None else max(until - time(), 0.0)
