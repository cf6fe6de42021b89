"""The installation's keys: read, made, rotated, and refused where they are another's."""

import base64
import os
from functools import partial
from pathlib import Path

import pytest

from app.core.brand_secret import BrandSecret, rewrap, secret_of
from app.core.keyring import FILE, KeyMissing, keyring
from app.core.settings import SettingsError
from app.crm import brands
from tests.make import Service

NAME = "HONGQUN_ENCRYPTION_KEY"


def key(letter: bytes) -> str:
    return base64.b64encode(letter * 32).decode()


@pytest.mark.parametrize("value", ["x", "AAAA", f"{key(b'a')},", f"{key(b'a')},zz", "ключ"])
def test_a_malformed_key_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv(NAME, value)
    with pytest.raises(SettingsError, match="32 bytes"):
        keyring()


def test_the_first_wraps_and_all_unwrap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, key(b"a"))
    old = keyring()
    monkeypatch.setenv(NAME, f"{key(b'b')}, {key(b'a')}")
    both = keyring()
    monkeypatch.setenv(NAME, key(b"b"))
    new = keyring()
    assert old and both and new
    assert both.unwrap(old.wrap(b"secret", b"brand 1"), b"brand 1") == b"secret"
    assert new.unwrap(both.wrap(b"secret", b"brand 1"), b"brand 1") == b"secret"
    with pytest.raises(KeyMissing):
        new.unwrap(old.wrap(b"secret", b"brand 1"), b"brand 1")
    with pytest.raises(KeyMissing):
        new.unwrap(new.wrap(b"secret", b"brand 1"), b"brand 2")


def test_a_key_is_made_once_for_this_user_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(NAME)
    monkeypatch.setenv("HONGQUN_DATA", str(tmp_path / "data"))
    assert keyring() is None
    made = keyring(make=True)
    assert made is not None
    path = tmp_path / "data" / FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]
    assert keyring() == keyring(make=True) == made


def made(service: Service) -> int:
    return service.within(lambda connection: brands.create(connection, "test"))


def test_a_host_with_another_key_does_not_begin_one_of_its_own(
    service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    used, unused = made(service), made(service)
    service.within(lambda connection: secret_of(connection, used))

    def refused() -> None:
        for brand_id in (used, unused):
            with pytest.raises(KeyMissing):
                service.within(partial(secret_of, brand_id=brand_id))

    monkeypatch.delenv(NAME)
    monkeypatch.setenv("HONGQUN_DATA", str(tmp_path))
    refused()
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setenv(NAME, key(b"z"))
    refused()


def test_a_new_key_takes_over_and_what_was_sealed_stays_readable(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = os.environ[NAME]
    brand_id = made(service)

    def secret() -> BrandSecret:
        return service.within(lambda connection: secret_of(connection, brand_id))

    sealed, index = secret().seal(b"x"), secret().phone_index("1")
    monkeypatch.setenv(NAME, f"{key(b'n')},{before}")
    assert service.within(lambda connection: rewrap(connection, brand_id)) is True
    assert service.within(lambda connection: rewrap(connection, brand_id)) is False
    monkeypatch.setenv(NAME, key(b"n"))
    assert (secret().open(sealed), secret().phone_index("1")) == (b"x", index)
    # The other tests of this database go on with the old key.
    monkeypatch.setenv(NAME, f"{before},{key(b'n')}")
    assert service.within(lambda connection: rewrap(connection, brand_id)) is True
