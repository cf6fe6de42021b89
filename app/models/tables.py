"""Every table in one place, for migrations and for the statements built from tables."""

from app.models import (
    audit,
    brand,
    chat,
    content,
    credit,
    customer,
    desk,
    inbox,
    joining,
    kept,
    people,
    rebuild,
    rfm,
    schedule,
    segment,
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
    customer,
    rfm,
    desk,
    segment,
    audit,
)
metadata = Base.metadata
