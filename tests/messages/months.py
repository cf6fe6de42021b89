"""Months of March to May 2025 in the table of messages, as tests tell of them."""

from tests.make import Service

SPLIT = """
DO $$
DECLARE
    until text;
BEGIN
    SELECT upper INTO STRICT until FROM partitions_of('message')
    WHERE part = CAST('message_before' AS regclass);
    ALTER TABLE message DETACH PARTITION message_before;
    ALTER TABLE message ATTACH PARTITION message_before
        FOR VALUES FROM (MINVALUE) TO ('2025-03-01T00:00:00Z');
    CREATE TABLE message_after (LIKE message INCLUDING ALL);
    PERFORM wall_as('message', 'message_after');
    EXECUTE format('ALTER TABLE message ATTACH PARTITION message_after'
        ' FOR VALUES FROM (%L) TO (%L)', '2025-06-01T00:00:00Z', until);
    PERFORM make_partition('message', at) FROM unnest(
        CAST('{2025-03-01T00:00:00Z, 2025-04-01T00:00:00Z, 2025-05-01T00:00:00Z}' AS timestamptz[])
    ) AS at;
END
$$
"""


def split(database: Service) -> None:
    """Give these months partitions of their own; there are no messages yet."""
    database.sql(SPLIT)


def rows(database: Service, brand_id: int) -> dict[str, tuple[str, str, bool]]:
    """Where each message is: its partition, its day in UTC, and whether it was recalled."""
    found = database.sql(
        "SELECT message_id, CAST(tableoid AS regclass) AS part, recalled_at IS NOT NULL AS gone,"
        " to_char(sent_at AT TIME ZONE 'UTC', 'MM-DD') AS day FROM message WHERE brand_id = :b",
        b=brand_id,
    )
    return {row.message_id: (str(row.part), row.day, row.gone) for row in found}


def identities(database: Service, brand_id: int) -> dict[str, tuple[str | None, bool]]:
    """Each identity: the day in UTC that it leads to, and whether a recall waits with it."""
    found = database.sql(
        "SELECT message_id, to_char(sent_at AT TIME ZONE 'UTC', 'MM-DD') AS day,"
        " recalled_at IS NOT NULL AS waits FROM message_identity WHERE brand_id = :b",
        b=brand_id,
    )
    return {row.message_id: (row.day, row.waits) for row in found}
