"""The notes: when they are published, whom they bring and how their numbers grow."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.demo.catalogue import Product, pick_product
from app.demo.clock import WEEKS, busy_day, waking_moment
from app.demo.creators import CREATORS, Creator
from app.demo.stage import Stage

TITLES = (
    "{p} 开箱,这个价格真的可以",
    "通勤首饰分享|{p} 太百搭了",
    "黄皮显白天花板!{p}",
    "送闺蜜礼物清单,第一名是 {p}",
    "珍珠控必看|{p} 上手实拍",
    "{p} 戴了一个月的真实感受",
    "从选料到镶嵌,{p} 是怎么做出来的",
    "小众首饰怎么选?先看 {p}",
    "一周不重样的叠戴公式|{p}",
    "避雷还是真香?{p} 测评",
)
MEASURED_AFTER_DAYS = (1, 3, 7, 14, 30)
# A note lives on for days: readers and views arrive with this mean delay.
MEAN_DELAY_DAYS = 2.5


@dataclass(frozen=True)
class Note:
    """A published note, the article it shows and how many of its readers join a group."""

    note_id: str
    title: str
    creator: Creator
    product: Product
    published_at: datetime
    joins: int


def plan_notes(stage: Stage) -> list[Note]:
    """All notes, spread over the weeks with ever more readers, oldest first."""
    rng, window = stage.rng, stage.window
    slots: list[tuple[datetime, Creator]] = []
    for creator in CREATORS:
        for turn in range(creator.notes):
            week = min(WEEKS - 1, int((turn + rng.random()) * WEEKS / creator.notes))
            day = busy_day(rng, window.day(week * 7))
            slots.append((max(waking_moment(rng, day), window.moment(0, 12)), creator))
    notes = []
    for published_at, creator in sorted(slots, key=lambda slot: slot[0]):
        product = pick_product(rng)
        growth = 0.6 + window.week_of(published_at) / WEEKS
        notes.append(
            Note(
                note_id=stage.new_id("n"),
                title=rng.choice(TITLES).format(p=product.title),
                creator=creator,
                product=product,
                published_at=published_at,
                joins=round(creator.joins_per_note * growth * rng.uniform(0.7, 1.3)),
            )
        )
    return notes


def publish(stage: Stage, note: Note, group_ids: list[str]) -> None:
    """Tells that a note appears with these groups mounted, and how it does afterwards."""
    stage.tell(
        note.published_at,
        "note.published",
        {
            "note_id": note.note_id,
            "title": note.title,
            "url": f"https://notes.example/explore/{note.note_id}",
            "creator_id": note.creator.creator_id,
            "group_ids": group_ids,
            "skus": [note.product.sku],
        },
    )
    if stage.chance(20):
        stage.tell(
            note.published_at + timedelta(hours=stage.rng.randint(2, 72)),
            "note.updated",
            {"note_id": note.note_id, "title": f"【群友价】{note.title}"},
        )
    _measure(stage, note)


def _measure(stage: Stage, note: Note) -> None:
    """Tells the totals after some days; each later one is at least the one before."""
    final_views = note.joins * note.creator.views_per_join + stage.rng.randint(200, 2000)
    likes_per_mille = stage.rng.randint(25, 60)
    for days in MEASURED_AFTER_DAYS:
        views = int(final_views * (1 - math.exp(-days / MEAN_DELAY_DAYS)))
        likes = views * likes_per_mille // 1000
        stage.tell(
            note.published_at + timedelta(days=days),
            "note.measured",
            {
                "note_id": note.note_id,
                "views": views,
                "likes": likes,
                "collects": likes * 2 // 5,
                "comments": likes // 12,
                "shares": likes // 20,
            },
        )
