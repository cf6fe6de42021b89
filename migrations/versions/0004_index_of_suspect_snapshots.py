"""index of suspect snapshots."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Every answer says whether there are any in its window; few snapshots are suspect.
    op.create_index(
        "ix_membership_event_suspect",
        "membership_event",
        ["brand_id", "at", "group_id"],
        unique=False,
        postgresql_where=sa.text("suspect"),
    )


def downgrade() -> None:
    op.drop_index("ix_membership_event_suspect", table_name="membership_event")
