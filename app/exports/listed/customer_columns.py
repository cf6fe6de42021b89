"""What is said of customers."""

from app.exports.listed.meant import CUSTOMER_ID, NICKNAME, PHONE, Meant, Sheet, meant

_scores = (
    ("recency", ("R 分", "Recency"), ("最近购买", "the last purchase")),
    ("frequency", ("F 分", "Frequency"), ("购买天数", "days with purchases")),
    ("monetary", ("M 分", "Monetary"), ("净额", "net")),
)

SCORES: tuple[Meant, ...] = tuple(
    meant(
        key,
        "count",
        labels,
        (
            f"按{by[0]}评的 RFM 分，1 至 5；未购买者为空。",
            f"Score of RFM by {by[1]}, 1 to 5; empty of who never bought.",
        ),
    )
    for key, labels, by in _scores
)

SHEET = Sheet(
    "customers",
    "客户",
    "Customers",
    (
        CUSTOMER_ID,
        NICKNAME,
        PHONE,
        meant(
            "member_ids",
            "id",
            ("成员 ID", "Member ids"),
            ("该客户的社区用户 ID，以分号分隔。", "Its community user ids, divided by semicolons."),
        ),
        meant(
            "buyer_ids",
            "id",
            ("买家 ID", "Buyer ids"),
            ("该客户的店铺用户 ID，以分号分隔。", "Its shop user ids, divided by semicolons."),
        ),
        meant(
            "is_member",
            "bool",
            ("有成员身份", "Member"),
            ("该客户有社区用户身份。", "It has a member identity."),
        ),
        meant(
            "tags",
            "text",
            ("标签", "Tags"),
            ("客户的标签，以分号分隔。", "Its tags, divided by semicolons."),
        ),
        meant(
            "lifecycle",
            "word",
            ("生命周期", "Lifecycle"),
            (
                "按品牌设置的天数：新客、活跃、流失风险、已流失；未购买者为空。",
                "New, active, at risk or lapsed, by the brand's days; empty of who never bought.",
            ),
        ),
        *SCORES,
        meant(
            "group_ids",
            "id",
            ("所在群 ID", "Ids of groups now"),
            ("现在所在的群，以分号分隔。", "Groups it is in now, divided by semicolons."),
        ),
        meant(
            "group_names",
            "text",
            ("所在群", "Groups now"),
            ("这些群的名称，次序相同。", "What these are called, in the same order."),
        ),
        meant(
            "first_joined_at",
            "instant",
            ("首次入群时间", "First joined at"),
            ("第一段成员关系开始的时间。", "When its first membership of all began."),
        ),
        meant(
            "first_group_id",
            "id",
            ("首次入群的群 ID", "First group's id"),
            ("第一段成员关系所在的群。", "The group of its first membership."),
        ),
        meant(
            "first_group_name",
            "text",
            ("首次入群的群", "First group"),
            ("该群现在的名称。", "What it is called now."),
        ),
        meant(
            "first_note_id",
            "id",
            ("首次入群笔记 ID", "First note's id"),
            ("第一段成员关系的来源笔记。", "The note that its first membership came by."),
        ),
        meant(
            "first_note_title",
            "text",
            ("首次入群笔记", "First note"),
            ("该笔记现在的标题。", "The note's title of now."),
        ),
        meant(
            "note_ids",
            "id",
            ("入群笔记 ID", "Notes' ids"),
            (
                "各段成员关系的来源笔记，以分号分隔。",
                "Notes that its memberships came by, divided by semicolons.",
            ),
        ),
        meant(
            "note_titles",
            "text",
            ("入群笔记", "Notes"),
            ("这些笔记的标题，次序相同。", "Their titles, in the same order."),
        ),
        meant(
            "memberships",
            "count",
            ("成员关系数", "Memberships"),
            ("有时长的成员关系数。", "Memberships that lasted."),
        ),
        meant(
            "open_memberships",
            "count",
            ("在群数", "Open memberships"),
            ("其中仍在群里的。", "Those that are open."),
        ),
        meant("orders", "count", ("订单数", "Orders"), ("GMV 订单数。", "GMV orders.")),
        meant("gmv", "money", ("GMV", "GMV"), ("GMV 订单的金额。", "Amounts of GMV orders.")),
        meant(
            "refunded",
            "money",
            ("已退款", "Refunded"),
            ("GMV 订单已退的金额。", "What was refunded of them."),
        ),
        meant("net", "money", ("净额", "Net"), ("GMV 减去已退款。", "GMV less what was refunded.")),
        meant(
            "purchases",
            "count",
            ("购买订单数", "Purchases"),
            (
                "有金额且未全额退款的 GMV 订单数。",
                "GMV orders with an amount that are not fully refunded.",
            ),
        ),
        meant(
            "purchase_days",
            "count",
            ("购买天数", "Purchase days"),
            ("有购买的本地日数。", "Local days with a purchase."),
        ),
        meant(
            "first_paid_at",
            "instant",
            ("首次购买时间", "First paid at"),
            ("第一次购买的时间。", "The first purchase."),
        ),
        meant(
            "last_paid_at",
            "instant",
            ("最近购买时间", "Last paid at"),
            ("最近一次购买的时间。", "The last purchase."),
        ),
        meant(
            "last_spoke_at",
            "instant",
            ("最近发言时间", "Last spoke at"),
            ("最近一次在群里发言的时间。", "The last message in a group."),
        ),
    ),
    ("customer_id",),
    people=True,
)
