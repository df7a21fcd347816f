"""The server's own key: encrypts API secrets at rest and signs what a client only carries for us.

The key never enters the database: whoever has a dump has no secret.
"""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from app.errors import Misconfigured
from app.settings import Settings


class Keyring:
    """Uses of one server key. Any text of 16 characters or more may be the key."""

    def __init__(self, key: str) -> None:
        if len(key) < 16:
            raise Misconfigured("IRIS_SERVER_KEY is too short: use 16 characters or more.")
        self._fernet = Fernet(base64.urlsafe_b64encode(self._derive(key, b"encrypt")))
        self._signing_key = self._derive(key, b"sign")

    @staticmethod
    def _derive(key: str, purpose: bytes) -> bytes:
        return hmac.digest(key.encode(), b"iris:" + purpose, "sha256")

    def encrypt(self, secret: str) -> bytes:
        """An API secret as it is stored."""
        return self._fernet.encrypt(secret.encode())

    def decrypt(self, token: bytes) -> str:
        """An API secret as its owner knows it.

        Raises:
            Misconfigured: it was stored under another server key.
        """
        try:
            return self._fernet.decrypt(token).decode()
        except InvalidToken:
            raise Misconfigured(
                "This API secret was stored under another server key: set IRIS_SERVER_KEY to that"
                " one, or revoke the API key and add a new one."
            ) from None

    def sign(self, data: bytes) -> bytes:
        """A 16-byte signature over data that leaves the server and comes back."""
        return hmac.digest(self._signing_key, data, hashlib.sha256)[:16]


def load_keyring(settings: Settings) -> Keyring:
    """The keyring of the setting, or of the key file in the data directory, made on first use.

    Raises:
        Misconfigured: the file can neither be read nor made.
    """
    if settings.server_key:
        return Keyring(settings.server_key)
    path = settings.data_dir / "server.key"
    try:
        _make(path)
        return Keyring(path.read_text().strip())
    except OSError as error:
        raise Misconfigured(
            f"The server's key {path} cannot be used ({error.strerror}): set IRIS_SERVER_KEY."
        ) from error


def _make(path: Path) -> None:
    """Writes a new key unless there is one; of two processes that start at once, one wins."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(32))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
