"""Every table in one place, for migrations and for the statements built from tables."""

from app.models import (
    audit,
    brand,
    chat,
    content,
    credit,
    customer,
    departed,
    desk,
    inbox,
    joining,
    kept,
    people,
    personal,
    rebuild,
    schedule,
    segment,
    sheets,
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
    desk,
    segment,
    audit,
    sheets,
    departed,
    personal,
)
metadata = Base.metadata
