"""What operators read: sentences by language, Chinese first."""

from typing import Literal

Language = Literal["zh-CN", "en"]

SENTENCES: dict[Language, dict[str, str]] = {
    "zh-CN": {
        "unpaid": "该订单尚未付款，不计入 GMV。",
        "paid_later": "该订单在 {paid} 付款，不早于所问的时点，当时尚不计入 GMV。",
        "other_kind": "订单类型为 {kind}：只有 normal、deposit、presale 计入 GMV。",
        "underived": "该订单刚刚到达，正在计算，请几秒后再看。",
        "member": "付款时（{paid}）客户在品牌的群里，属于群用户。",
        "no_member": "付款时（{paid}）客户不在品牌的任何群里。",
        "touch_by_order": "订单自带来源群{group}，属于群内成交。",
        "touch_by_click": "付款前 {hours} 小时内，客户于 {clicked} 在群{group}点击了卡片，"
        "属于群内成交。",
        "no_touch": "订单没有来源群，付款前 {hours} 小时内客户也没有点击群里的卡片。",
        "no_touch_clicks_off": "订单没有来源群；按品牌设置，点击不作为群内成交的依据。",
        "member_and_touch": "因此归入「群用户且群内成交」（member_and_touch）。",
        "member_only": "因此归入「仅群用户」（member_only）。",
        "touch_only": "因此归入「仅群内成交」（touch_only）。",
        "neither": "因此归入「与群无关」（neither）。",
        "group_by_membership": "没有群内成交依据时，业绩归于客户付款时所在的、最近加入的群："
        "{group}。",
        "stay": "依据的是成员 {member} 自 {joined} 起在该群的这一段成员关系。",
        "past_stay": "依据的是成员 {member} 自 {joined} 起的上一段成员关系，付款时已经离群。",
        "no_stay": "客户在付款前没有加入过该群，因此没有成员关系可依据。",
        "note_by_order": "订单自带来源笔记{note}，以此为准。",
        "note_by_join": "客户是通过笔记{note}进群的，业绩归于这篇笔记。",
        "no_note": "没有可以归因的笔记。",
        "creator_by_order": "订单自带作者{creator}，以此为准。",
        "creator_by_note": "作者取自该笔记现在的作者：{creator}。",
        "first_note": "客户第一次进群（{first_joined}）来自笔记{first}。",
    },
    "en": {
        "unpaid": "The order is not paid, so it counts in no GMV.",
        "paid_later": "The order was paid at {paid}, not before the instant asked for.",
        "other_kind": "The order's kind is {kind}: only normal, deposit and presale count as GMV.",
        "underived": "The order has just come in and is being worked out; ask again in a moment.",
        "member": "When it was paid ({paid}) the customer was in a group of the brand.",
        "no_member": "When it was paid ({paid}) the customer was in no group of the brand.",
        "touch_by_order": "The order names the group {group} it came from: a touch.",
        "touch_by_click": "Within {hours} hours before paying, at {clicked}, the customer clicked a"
        " card in the group {group}: a touch.",
        "no_touch": "The order names no group, and the customer clicked no card in a group within"
        " {hours} hours before paying.",
        "no_touch_clicks_off": "The order names no group, and by the brand's settings clicks are"
        " no evidence.",
        "member_and_touch": "Hence the cell member_and_touch.",
        "member_only": "Hence the cell member_only.",
        "touch_only": "Hence the cell touch_only.",
        "neither": "Hence the cell neither.",
        "group_by_membership": "Without a touch the credit goes to the group joined last of those"
        " the customer was in when paying: {group}.",
        "stay": "It rests on the membership of {member} in that group since {joined}.",
        "past_stay": "It rests on the last membership of {member}, begun at {joined}, which had"
        " ended when the order was paid.",
        "no_stay": "The customer had not joined that group before paying, so there is no"
        " membership to rest on.",
        "note_by_order": "The order names the note {note}; what the sender says stands.",
        "note_by_join": "The customer joined the group from the note {note}, which gets the"
        " credit.",
        "no_note": "There is no note to credit.",
        "creator_by_order": "The order names the creator {creator}; what the sender says stands.",
        "creator_by_note": "The creator is the note's author as known now: {creator}.",
        "first_note": "The customer's first membership of all ({first_joined}) came from the note"
        " {first}.",
    },
}
