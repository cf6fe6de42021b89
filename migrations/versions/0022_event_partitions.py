"""events in partitions: one a month, made ahead and detached by workers."""

from collections.abc import Sequence

from migrations.partitions import drop_functions, make_functions, partition, unpartition

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    make_functions()
    partition("event", "event_no")


def downgrade() -> None:
    unpartition("event")
    drop_functions()
