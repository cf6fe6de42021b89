"""Every table in one place, for migrations and for the statements built from tables."""

from app.models import (
    brand,
    chat,
    content,
    credit,
    inbox,
    joining,
    kept,
    people,
    rebuild,
    schedule,
    shop,
    sums,
)
from app.models.base import Base

MODULES = (
    brand,
    inbox,
    chat,
    content,
    shop,
    people,
    credit,
    joining,
    sums,
    rebuild,
    kept,
    schedule,
)
metadata = Base.metadata
