"""pauses, pace of domains, digest, mark of the send journal

Revision ID: 0008
Revises: 0007
Create Date: 2026-11-22 02:24:00.000000

"""

from alembic import op
import sqlalchemy as sa

import models.base


# revision identifiers, used by Alembic.
revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COLUMNS = ("domain_per_hour", "domain_limits", "digest_user_ids", "digest_at")


def upgrade():
    op.create_table(
        "pause",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("company_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("facts", models.base.Json(), nullable=False),
        sa.Column("started_at", models.base.Instant(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", models.base.Instant(), nullable=True),
        sa.Column("ended_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user.id"], name=op.f("fk_pause_by_id_user"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_pause_company_id_company"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["ended_by_id"], ["user.id"], name=op.f("fk_pause_ended_by_id_user"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pause")),
    )
    op.create_index("ix_pause_company", "pause", ["company_id", "ended_at"])
    op.create_table(
        "journal_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("at", models.base.Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal_mark")),
    )
    op.add_column("company", sa.Column("domain_per_hour", sa.Integer(), server_default="1000", nullable=False))
    op.add_column("company", sa.Column("domain_limits", models.base.Json(), server_default="{}", nullable=False))
    op.add_column("company", sa.Column("digest_user_ids", models.base.Json(), server_default="[]", nullable=False))
    op.add_column("company", sa.Column("digest_at", sa.Text(), server_default="17:00", nullable=False))
    op.create_index("ix_message_pace", "message", ["company_id", "claimed_at", "channel", "recipient"])


def downgrade():
    op.drop_index("ix_message_pace", table_name="message")
    for name in COLUMNS:
        op.drop_column("company", name)
    op.drop_table("journal_mark")
    op.drop_index("ix_pause_company", table_name="pause")
    op.drop_table("pause")
