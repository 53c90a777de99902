"""Passwords and TLS files for Kafka; no message shows their content."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

from pydantic import SecretStr

from streams.settings.errors import SettingsError

#: Most bytes of a password's file, and of a file of certificates or keys.
MOST_SECRET_BYTES = 64 * 1024
MOST_TLS_BYTES = 16 * 1024 * 1024

NamedFile = tuple[str, Path | None]
"""A setting's name and the file that it gives."""


class Secret(str):
    """A password as a plain string with a masked ``repr``: kafka-python logs its configuration."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'**********'"


def secret_from(name: str, value: SecretStr | None, file: Path | None) -> Secret | None:
    """Return a password from its setting, else from the file that the setting ``name`` gives; None if neither is set.

    Raises:
        SettingsError: the file cannot be read, or the password is empty.
    """
    if value is not None:
        secret, place = Secret(value.get_secret_value()), name.removesuffix("_file")
    elif file is None:
        return None
    else:
        secret, place = _read_secret(name, file), f"{name} {file}"
    if not secret:
        raise SettingsError(f"{place}: empty; expected a password")
    return secret


def _read(name: str, file: Path, most: int) -> bytes:
    """The content of a file of at most ``most`` bytes: a device never ends."""
    with file.open("rb") as opened:
        content = opened.read(most + 1)
    if len(content) > most:
        raise SettingsError(f"{name}: {file} is larger than {most // 1024} KB")
    return content


def _read_secret(name: str, file: Path) -> Secret:
    try:
        return Secret(_read(name, file, MOST_SECRET_BYTES).decode("utf-8-sig").rstrip("\r\n"))
    except OSError as error:
        raise SettingsError(f"{name}: cannot read {file}: {error.strerror}") from None
    except UnicodeDecodeError:  # its message would contain the bytes
        raise SettingsError(f"{name}: {file} is not UTF-8 text") from None


def client_context(
    authority: NamedFile, certificate: NamedFile, key: NamedFile, key_password: Callable[[], Secret | None]
) -> ssl.SSLContext:
    """Create the TLS context of a client.

    Raises:
        SettingsError: a certificate or key cannot be read.
    """
    _require_readable(authority, certificate, key)
    try:
        context = ssl.create_default_context(cafile=authority[1])
    except OSError as error:
        raise SettingsError(_unusable(error, authority)) from None
    if certificate[1] is not None:
        _load_certificate(context, certificate, key, key_password)
    return context


def _load_certificate(
    context: ssl.SSLContext, certificate: NamedFile, key: NamedFile, key_password: Callable[[], Secret | None]
) -> None:
    asked: list[bool] = []

    def password() -> str:
        # Called if the key has a password. Without an answer OpenSSL would prompt for it on the terminal, forever.
        asked.append(True)
        secret = key_password()
        if secret is None:
            raise SettingsError(
                f"{key[1]}: the key has a password; set ssl_key_password in the environment, or ssl_key_password_file"
            )
        return secret

    try:
        context.load_cert_chain(str(certificate[1]), key[1], password)
    except OSError as error:
        raise SettingsError(_unusable(error, certificate, key, opened=bool(asked))) from None


def _require_readable(*files: NamedFile) -> None:
    for name, file in files:
        try:
            if file is not None:
                _read(name, file, MOST_TLS_BYTES)
        except OSError as error:
            raise SettingsError(f"{name}: cannot read {file}: {error.strerror}") from None


def _unusable(error: OSError, *named: NamedFile, opened: bool = False) -> str:
    """Describe what is wrong with TLS files; OpenSSL mostly reports "PEM lib". ``opened``: the password was tried."""
    files = ", ".join(f"{name} {file}" for name, file in named)
    reason = getattr(error, "reason", None) or error.strerror or str(error)
    if "KEY_VALUES_MISMATCH" in reason:
        reason = "the key does not belong to the certificate"
    elif opened:
        reason = "the key's password (ssl_key_password or ssl_key_password_file) is wrong"
    else:
        for name, file in named:
            kind = b"PRIVATE KEY" if name == "ssl_key_location" else b"CERTIFICATE"
            content = file.read_bytes() if file is not None else b""
            if b"-----BEGIN" not in content or kind not in content:
                reason = f"expected {kind.decode().lower()}s in PEM form in {name}"
    return f"TLS: cannot use {files}: {reason}"
