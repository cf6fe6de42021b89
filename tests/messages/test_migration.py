"""An installation that has messages already: its table becomes the first partition, and back."""

from collections.abc import Iterator

import pytest
from alembic import command

from app.core.schema import config
from app.core.settings import Settings
from tests.make import Service
from tests.messages.months import identities, rows
from tests.stack import empty_database, env

STORED = """
INSERT INTO message (brand_id, group_id, message_id, sent_at, recalled_at, member_id, text)
VALUES
    (7, 'g', 'm1', '2025-03-01T10:00:00Z', NULL, 'ann', 'hi'),
    (7, 'g', 'm2', '2025-03-02T10:00:00Z', '2025-03-09T10:00:00Z', 'ann', 'hi'),
    (7, 'g', 'm3', NULL, '2025-03-09T10:00:00Z', NULL, NULL)
"""
OLD = "SELECT message_id, sent_at, recalled_at, text FROM message WHERE brand_id = 7 ORDER BY 1"


@pytest.fixture
def database(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    with empty_database(settings) as empty:
        monkeypatch.delenv("REDIS_URL", raising=False)
        monkeypatch.setenv("DATABASE_URL", env(empty)["DATABASE_URL"])
        yield Service("", empty)


def test_no_message_is_copied_and_recalls_alone_wait_with_their_identity(database: Service) -> None:
    command.upgrade(config(), "0022")
    database.sql(STORED)
    before = database.sql(OLD)
    (file,) = database.sql("SELECT pg_relation_filenode('message')")
    command.upgrade(config(), "0023")
    assert rows(database, 7) == {
        "m1": ("message_before", "03-01", False),
        "m2": ("message_before", "03-02", True),
    }
    assert identities(database, 7) == {
        "m1": ("03-01", False),
        "m2": ("03-02", False),
        "m3": (None, True),
    }
    assert database.sql("SELECT pg_relation_filenode('message_before')") == [file]
    command.downgrade(config(), "0022")
    assert database.sql(OLD) == before
