"""indexes for what is asked by the time of joining, by sender, and by live."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    # Funnel, retention and before-after start from the memberships begun in a window.
    op.create_index(
        op.f("ix_membership_brand_id_joined_at"),
        "membership",
        ["brand_id", "joined_at"],
        unique=False,
    )
    # Whether somebody spoke after joining is one look into this index, whatever the group's size.
    op.create_index(
        op.f("ix_message_brand_id_group_id_member_id_sent_at"),
        "message",
        ["brand_id", "group_id", "member_id", "sent_at"],
        unique=False,
    )
    # Lives ask for their joins and orders whenever they were; few rows name a live.
    op.create_index(
        "ix_membership_of_live",
        "membership",
        ["brand_id", "live_id"],
        unique=False,
        postgresql_where=sa.text("live_id IS NOT NULL"),
    )
    op.create_index(
        "ix_shop_order_of_live",
        "shop_order",
        ["brand_id", sa.text("(touch ->> 'live_id')")],
        unique=False,
        postgresql_where=sa.text("(touch ->> 'live_id') IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_shop_order_of_live", table_name="shop_order")
    op.drop_index("ix_membership_of_live", table_name="membership")
    op.drop_index(op.f("ix_message_brand_id_group_id_member_id_sent_at"), table_name="message")
    op.drop_index(op.f("ix_membership_brand_id_joined_at"), table_name="membership")
