"""The secret of a brand: seals its personal data, indexes phones, and knows the erased again.

It is random, made when it is first needed, and kept wrapped by the installation's key; a use of it
has a key of its own by HKDF. So keys can be rotated while what was computed with it stays valid.
"""

import hmac
import secrets
from functools import cached_property, lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.keyring import NONCE_BYTES, VERSION, KeyMissing, Keyring, keyring, wrapper

KEYED = 17
"""The length of a keyed content hash; a plain one has 16 bytes."""


class BrandSecret:
    """What a brand's secret is used for."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def seal(self, content: bytes) -> bytes:
        """Encrypt with AES-256-GCM under a random nonce."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return VERSION + nonce + self._cipher.encrypt(nonce, content, VERSION)

    def open(self, sealed: bytes) -> bytes:
        """What was sealed.

        Raises:
            ValueError: where it was not sealed by this secret, or was changed since.
        """
        nonce, content = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, content, VERSION)
        except InvalidTag:
            raise ValueError("not sealed by this brand's secret") from None

    def phone_index(self, phone: str) -> bytes:
        """The blind index of a normalised phone: equal for equal ones, and tells nothing else."""
        return hmac.digest(self._key_of_phones, phone.encode(), "sha256")

    def tombstone(self, space: str, id_: str) -> bytes:
        """What is kept of an erased id: it can be known again, but not read."""
        return hmac.digest(self._key_of_tombstones, f"{space}\0{id_}".encode(), "sha256")

    def keyed(self, digest: bytes) -> bytes:
        """A content hash, keyed: nobody can find the content by trying."""
        return b"k" + hmac.digest(self._key_of_contents, digest, "sha256")[: KEYED - 1]

    def signed(self, content: bytes) -> bytes:
        """The signature of a link: nobody else can make one."""
        return hmac.digest(self._key_of_links, content, "sha256")

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(self._derived(b"seal"))

    @cached_property
    def _key_of_phones(self) -> bytes:
        return self._derived(b"phone index")

    @cached_property
    def _key_of_tombstones(self) -> bytes:
        return self._derived(b"tombstone")

    @cached_property
    def _key_of_contents(self) -> bytes:
        return self._derived(b"content hash")

    @cached_property
    def _key_of_links(self) -> bytes:
        return self._derived(b"link")

    def _derived(self, use: bytes) -> bytes:
        return HKDF(SHA256(), 32, None, b"hongqun " + use).derive(self._secret)


async def secret_of(connection: AsyncConnection, brand_id: int) -> BrandSecret:
    """The brand's secret, made where it has none.

    Raises:
        KeyMissing: where this host lacks the installation's key.
    """
    wrapped = await _stored(connection, brand_id)
    if wrapped is None:
        ring = await _trusted(connection)
        await connection.execute(
            text(
                "INSERT INTO brand_secret (brand_id, wrapped) VALUES (:brand, :wrapped)"
                " ON CONFLICT DO NOTHING"
            ),
            {"brand": brand_id, "wrapped": ring.wrap(secrets.token_bytes(32), _about(brand_id))},
        )
        wrapped = await _stored(connection, brand_id)
        assert wrapped is not None
    return _opened(brand_id, wrapped, _needed())


async def rewrap(connection: AsyncConnection, brand_id: int) -> bool:
    """Wrap the brand's secret by the first key, where another one did; whether that was so."""
    wrapped, ring = await _stored(connection, brand_id), keyring()
    if wrapped is None or ring is None or wrapper(wrapped) == ring.ids[0]:
        return False
    about = _about(brand_id)
    await connection.execute(_TRUST, {"id": ring.ids[0]})
    await connection.execute(
        text(
            "UPDATE brand_secret SET wrapped = :wrapped"
            " WHERE brand_id = :brand AND wrapped = :before"
        ),
        {
            "brand": brand_id,
            "before": wrapped,
            "wrapped": ring.wrap(ring.unwrap(wrapped, about), about),
        },
    )
    return True


_TRUST = text("INSERT INTO encryption_key (key_id) VALUES (:id) ON CONFLICT DO NOTHING")


async def _trusted(connection: AsyncConnection) -> Keyring:
    """The keyring, where it is this installation's: a host must not begin one of its own.

    Raises:
        KeyMissing: where the installation has keys, and none of them is here.
    """
    rows = await connection.execute(text("SELECT key_id FROM encryption_key"))
    known = {row.key_id for row in rows}
    ring = keyring(make=not known)
    if ring is None or (known and not known.intersection(ring.ids)):
        raise KeyMissing(
            "this host does not have the encryption key of the installation: set the same"
            " HONGQUN_ENCRYPTION_KEY, or copy encryption.key, on every host"
        )
    await connection.execute(_TRUST, {"id": ring.ids[0]})
    return ring


def _needed() -> Keyring:
    ring = keyring()
    if ring is None:
        raise KeyMissing(
            "there is no encryption key on this host: set HONGQUN_ENCRYPTION_KEY, or copy"
            " encryption.key from the host that has it into HONGQUN_DATA"
        )
    return ring


async def _stored(connection: AsyncConnection, brand_id: int) -> bytes | None:
    found = await connection.scalar(
        text("SELECT wrapped FROM brand_secret WHERE brand_id = :brand"), {"brand": brand_id}
    )
    return None if found is None else bytes(found)


def _about(brand_id: int) -> bytes:
    return f"brand {brand_id}".encode()


@lru_cache(maxsize=1_000)
def _opened(brand_id: int, wrapped: bytes, ring: Keyring) -> BrandSecret:
    return BrandSecret(ring.unwrap(wrapped, _about(brand_id)))
