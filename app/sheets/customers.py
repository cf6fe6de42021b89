"""A sheet of customers: who they are and which buyer they are."""

from collections.abc import Iterator

from app.sheets.columns import Column
from app.sheets.said import Draft, Sheet, Values, some

COLUMNS = (
    Column(
        "member_id", "用户ID 成员ID 社区用户ID 客户ID user_id", "id", required=True, personal=True
    ),
    Column("nickname", "昵称 用户昵称 群昵称 客户昵称", "text", personal=True),
    Column("phone", "手机号 手机 手机号码 电话 联系电话 mobile", "id", personal=True),
    Column("buyer_id", "买家ID 买家用户ID 买家编号 店铺用户ID", "id", personal=True),
    Column("updated_at", "更新时间", "instant"),
)


def read(row: Values) -> Iterator[Draft]:
    """member.updated where the row says anything of the member, identity.linked with a buyer."""
    member_id, at = row["member_id"], row.get("updated_at")
    attributes = {
        name.removeprefix("attributes."): value
        for name, value in row.items()
        if name.startswith("attributes.")
    }
    about = some(
        nickname=row.get("nickname"), phone=row.get("phone"), attributes=attributes or None
    )
    buyer_id = row.get("buyer_id")
    if about or buyer_id is None:
        yield Draft("member.updated", (member_id,), at, {"member_id": member_id} | about)
    if buyer_id is not None:
        link = {"member_id": member_id, "buyer_id": buyer_id}
        yield Draft("identity.linked", (member_id, buyer_id), at, link)


CUSTOMERS = Sheet("customers", COLUMNS, read)
