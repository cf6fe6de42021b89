"""`as_of` cuts what had happened: the world before an instant, under the names known now."""

from dataclasses import replace
from functools import lru_cache

from .world import World


@lru_cache(maxsize=32)
def cut(world: World, as_of: int) -> World:
    def before(at: int | None) -> int | None:
        return at if at is not None and at < as_of else None

    return replace(
        world,
        memberships=[
            m._replace(left_at=before(m.left_at)) for m in world.memberships if m.joined_at < as_of
        ],
        messages=[
            m._replace(recalled_at=before(m.recalled_at)) for m in world.messages if m.at < as_of
        ],
        clicks=[click for click in world.clicks if click.at < as_of],
        views=[view for view in world.views if view.at < as_of],
        lives={
            live.live_id: live._replace(ends=tuple(at for at in live.ends if at < as_of))
            for live in world.lives.values()
            if live.start < as_of
        },
        orders={
            order.order_id: order._replace(
                refunds=tuple(refund for refund in order.refunds if refund.at < as_of)
            )
            for order in world.orders.values()
            if order.paid_at < as_of
        },
    )
