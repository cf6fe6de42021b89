"""The measured brand itself, and a key to it."""

from app.core.db import open_pool, transaction
from app.core.settings import Settings
from app.crm import brands, keys
from app.embedded.servers import Servers


def settings_of(servers: Servers) -> Settings:
    """The settings under which the service's own code works on these servers."""
    return Settings(database_url=servers.database_url, redis_url=servers.redis_url)


async def create_brand(servers: Servers) -> int:
    """Make the brand, with settings as they come."""
    pool = open_pool(settings_of(servers), "hongqun bench")
    try:
        async with transaction(pool) as connection:
            return await brands.create(connection, "量度")
    finally:
        await pool.dispose()


async def create_key(servers: Servers, brand_id: int) -> str:
    """Make a key of all scopes; keys are shown once, so each run has its own."""
    pool = open_pool(settings_of(servers), "hongqun bench")
    try:
        async with transaction(pool) as connection:
            return await keys.create(connection, brand_id, "bench")
    finally:
        await pool.dispose()
