"""The jewellery the sample brand sells; prices are in fen."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Product:
    """One article of the shop and how often it is picked."""

    sku: str
    title: str
    price: int
    pull: int


PRODUCTS = (
    Product("ER-101", "淡水珍珠耳钉 4mm", 8900, 14),
    Product("ER-102", "法式复古金色耳圈", 12900, 10),
    Product("ER-103", "月光石流苏耳环", 16900, 9),
    Product("ER-104", "S925 银锆石耳钉", 9900, 12),
    Product("ER-105", "巴洛克异形珍珠耳坠", 25900, 7),
    Product("ER-106", "紫水晶蝴蝶结耳夹", 13900, 8),
    Product("NL-201", "淡水珍珠锁骨链", 29900, 11),
    Product("NL-202", "14K 包金叠戴项链", 35900, 9),
    Product("NL-203", "天然海蓝宝吊坠", 45900, 6),
    Product("NL-204", "贝母四叶草项链", 19900, 12),
    Product("NL-205", "akoya 海水珍珠项链", 129900, 2),
    Product("NL-206", "古法金葫芦吊坠", 89900, 3),
    Product("BR-301", "多宝手串 碧玺", 32900, 8),
    Product("BR-302", "和田玉平安扣手绳", 39900, 7),
    Product("BR-303", "草莓晶单圈手链", 21900, 11),
    Product("BR-304", "转运珠红绳手链", 15900, 10),
    Product("BR-305", "冰种翡翠手镯", 119900, 2),
    Product("BR-306", "月光石手链", 18900, 9),
    Product("RG-401", "开口可调节珍珠戒指", 11900, 10),
    Product("RG-402", "培育钻石排戒", 69900, 4),
    Product("RG-403", "红玛瑙复古戒指", 14900, 7),
    Product("RG-404", "莫桑石求婚戒指 1 克拉", 79900, 3),
    Product("BC-501", "山茶花胸针", 17900, 5),
    Product("ST-601", "珍珠耳钉项链套装", 49900, 5),
)
GIFT = Product("GF-901", "生日小礼 · 珍珠发夹", 0, 0)
TEST_ARTICLE = Product("TS-999", "测试链接 勿拍", 100, 0)

_PULLS = tuple(product.pull for product in PRODUCTS)


def pick_product(rng: Random) -> Product:
    """An article of the shop, the popular ones more often."""
    return rng.choices(PRODUCTS, _PULLS)[0]
