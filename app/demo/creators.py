"""Who writes the sample brand's notes and hosts its lives."""

from __future__ import annotations

from dataclasses import dataclass

from app.demo.stage import Stage


@dataclass(frozen=True)
class Creator:
    """An author: how often they publish, how many readers join and how many more only look."""

    creator_id: str
    name: str
    kind: str
    mcn: str | None
    notes: int
    joins_per_note: int
    views_per_join: int


BRAND = Creator("c-brand", "屿珠 PEARLISLE 官方", "brand", None, 22, 11, 90)
CREATORS = (
    BRAND,
    Creator("c-emp-lan", "屿珠小兰(店长)", "employee", None, 6, 10, 60),
    Creator("c-emp-yue", "屿珠阿月(设计师)", "employee", None, 5, 11, 60),
    Creator("c-kol-mia", "Mia 的首饰盒", "kol", "星河文化 MCN", 3, 54, 900),
    Creator("c-kol-qiqi", "七七穿搭日记", "kol", "星河文化 MCN", 2, 62, 1100),
    Creator("c-kol-lin", "林深见鹿 Linn", "kol", "青柠互娱 MCN", 2, 48, 800),
    Creator("c-kol-uncle", "老王聊珠宝", "kol", "青柠互娱 MCN", 1, 40, 1300),
    Creator("c-koc-tang", "糖糖今天戴什么", "koc", None, 4, 8, 40),
    Creator("c-koc-an", "安安的通勤首饰", "koc", None, 4, 9, 35),
    Creator("c-koc-mu", "木木爱珍珠", "koc", None, 3, 9, 30),
    Creator("c-koc-xia", "小夏黄皮显白", "koc", None, 3, 8, 45),
    Creator("c-koc-bei", "贝贝妈妈", "koc", None, 3, 7, 35),
    Creator("c-cust-nian", "念念不忘", "customer", None, 2, 4, 50),
)


def introduce_creators(stage: Stage) -> None:
    """Tells who the creators are, and what changed about a few of them later."""
    for minute, creator in enumerate(CREATORS):
        stage.tell(
            stage.window.moment(0, 9, minute),
            "creator.updated",
            {
                "creator_id": creator.creator_id,
                "name": creator.name,
                "kind": creator.kind,
                "mcn": creator.mcn,
            },
        )
    # A KOC signs with an agency, another one renames herself.
    stage.tell(
        stage.window.moment(15, 11),
        "creator.updated",
        {"creator_id": "c-koc-an", "mcn": "青柠互娱 MCN"},
    )
    stage.tell(
        stage.window.moment(18, 16),
        "creator.updated",
        {"creator_id": "c-koc-bei", "name": "贝贝妈妈爱玉石"},
    )
