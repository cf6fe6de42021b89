"""The keys that everything secret hangs on: from the environment, or a file of this host.

They only wrap the secret of each brand (see brand_secret), so a new key asks for no data to be
encrypted anew. HONGQUN_ENCRYPTION_KEY has one or several, base64 of 32 bytes each, separated by
commas: the first wraps, all unwrap. Where it is not set, a key is made and kept in
HONGQUN_DATA/encryption.key; all hosts of an installation must share it.
"""

import base64
import binascii
import contextlib
import hashlib
import os
import secrets
from functools import cache
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.core.settings import SettingsError, read

FILE = "encryption.key"
VERSION = b"\x01"
ID_BYTES = 4
NONCE_BYTES = 12


class KeyMissing(SettingsError):
    """What is encrypted cannot be read here: this host lacks the key."""


class Keyring(msgspec.Struct, frozen=True):
    """Keys by their id, the one that wraps first."""

    keys: tuple[bytes, ...]

    @property
    def ids(self) -> list[bytes]:
        return [key_id(key) for key in self.keys]

    def wrap(self, secret: bytes, about: bytes) -> bytes:
        """Encrypt a secret by the first key: version, key id, nonce, ciphertext."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        sealed = AESGCM(self.keys[0]).encrypt(nonce, secret, about)
        return VERSION + self.ids[0] + nonce + sealed

    def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        """What was wrapped.

        Raises:
            KeyMissing: where none of the keys did it.
        """
        wanted = wrapper(wrapped)
        start = 1 + ID_BYTES
        nonce, sealed = wrapped[start : start + NONCE_BYTES], wrapped[start + NONCE_BYTES :]
        for key in self.keys:
            if key_id(key) == wanted:
                with contextlib.suppress(InvalidTag):
                    return AESGCM(key).decrypt(nonce, sealed, about)
        raise KeyMissing(
            f"the encryption key {wanted.hex()} is not here: set HONGQUN_ENCRYPTION_KEY, or copy"
            f" {FILE} from the host that has it into HONGQUN_DATA"
        )


def key_id(key: bytes) -> bytes:
    """What names a key without telling it."""
    return hashlib.sha256(b"hongqun key id" + key).digest()[:ID_BYTES]


def wrapper(wrapped: bytes) -> bytes:
    """The id of the key that wrapped a secret."""
    return wrapped[1 : 1 + ID_BYTES]


def keyring(*, make: bool = False) -> Keyring | None:
    """This process's keys; None where there are none, unless one may be made.

    Raises:
        SettingsError: where they are malformed or cannot be read.
    """
    settings = read()
    if settings.encryption_key is not None:
        return _parsed(settings.encryption_key, "HONGQUN_ENCRYPTION_KEY")
    path = settings.data / FILE
    try:
        if not path.exists():
            if not make:
                return None
            _make(path)
        return _parsed(path.read_text("ascii").strip(), str(path))
    except OSError as error:
        raise SettingsError(f"the encryption key in {path} cannot be kept: {error}") from error


@cache
def _parsed(text: str, where: str) -> Keyring:
    keys = []
    for part in text.split(","):
        try:
            key = base64.b64decode(part.strip(), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != 32:
            raise SettingsError(f"{where} must be the base64 of 32 bytes, or several with commas")
        keys.append(key)
    return Keyring(tuple(keys))


def _make(path: Path) -> None:
    """Write a new key for this user alone; whoever comes first makes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{FILE}.{secrets.token_hex(8)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(file, base64.b64encode(secrets.token_bytes(32)) + b"\n")
        os.fsync(file)
    finally:
        os.close(file)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
