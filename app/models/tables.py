"""Every table in one place, for migrations and for the statements built from tables."""

from app.models import brand, chat, content, credit, inbox, kept, people, schedule, shop
from app.models.base import Base

MODULES = (brand, inbox, chat, content, shop, people, credit, kept, schedule)
metadata = Base.metadata
