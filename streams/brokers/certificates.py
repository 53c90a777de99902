"""Certificates for development, signed by a local authority. Made with `openssl`; never for production."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import msgspec

from detectors.user_error import UserError

DAYS = 30
"""How long a certificate is valid (days)."""


#: What an earlier broker has left in its folder.
_OURS = {".csr", ".env", ".ext", ".key", ".password", ".pem", ".srl"}


class CertificateError(UserError):
    """A certificate could not be made; the message says why."""


class Certificate(msgspec.Struct, frozen=True):
    """Files of one certificate: the chain, the private key, and both in one file as Kafka's PEM keystore expects."""

    chain: Path
    key: Path
    keystore: Path


class Authority:
    """A certificate authority in a folder; reuses the one that the folder holds. Raises CertificateError."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.certificate = folder / "ca.pem"
        """What clients and brokers trust."""
        self._key = folder / "ca.key"
        make_private(folder)
        if not self.certificate.exists():
            subject = ["-x509", "-days", str(DAYS), "-subj", "/CN=newswatch development authority"]
            self._request(*subject, "-out", str(self.certificate), key=self._key)

    def issue(self, name: str, hosts: Sequence[str] = ("localhost", "127.0.0.1")) -> Certificate:
        """Make a certificate with `name` as its common name, valid for servers at `hosts` and for clients."""
        chain, key = self._folder / f"{name}.pem", self._folder / f"{name}.key"
        request, extensions = self._folder / f"{name}.csr", self._folder / f"{name}.ext"
        addresses = ",".join(f"{'IP' if host[-1].isdigit() else 'DNS'}:{host}" for host in hosts)
        extensions.write_text(
            f"subjectAltName={addresses}\nextendedKeyUsage=serverAuth,clientAuth\nbasicConstraints=CA:FALSE\n"
        )
        self._request("-subj", f"/CN={name}", "-out", str(request), key=key)
        signing = ["-CA", str(self.certificate), "-CAkey", str(self._key), "-CAcreateserial", "-days", str(DAYS)]
        _openssl("x509", "-req", "-in", str(request), *signing, "-extfile", str(extensions), "-out", str(chain))
        request.unlink()
        extensions.unlink()
        keystore = self._folder / f"{name}.keystore.pem"
        keystore.touch(mode=0o600)
        keystore.write_text(key.read_text() + chain.read_text())
        return Certificate(chain=chain, key=key, keystore=keystore)

    @staticmethod
    def _request(*arguments: str, key: Path) -> None:
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        _openssl("req", *curve, "-keyout", str(key), *arguments)


def make_private(folder: Path) -> None:
    """Make a folder that only this user can read; if it exists, so that only this user can read it and its secrets.

    Raises:
        CertificateError: the folder is another user's, or somebody has put a link there: a secret would be written to
            wherever it leads.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if folder.stat().st_uid != os.getuid():
            raise CertificateError(f"--folder {folder}: the folder belongs to another user; expected one of your own")
        foreign = sorted(file.name for file in folder.iterdir() if file.suffix not in _OURS)
        if foreign:
            raise CertificateError(
                f"--folder {folder}: it holds other files, such as {foreign[0]}; expected a new folder, or one of an "
                "earlier broker"
            )
        folder.chmod(0o700)
        for file in sorted(folder.iterdir()):
            if file.is_symlink():
                raise CertificateError(f"--folder {folder}: {file.name} is a link; expected no links: delete it")
            file.chmod(0o600)
    except OSError as error:
        raise CertificateError(f"--folder {folder}: cannot use {error.filename}: {error.strerror}") from None


def _openssl(*arguments: str) -> None:
    program = shutil.which("openssl")
    if program is None:
        raise CertificateError("`openssl` is not on the PATH; install it to make certificates")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CertificateError(f"openssl {arguments[0]} failed: {done.stderr.strip()}")
