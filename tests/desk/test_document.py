"""What the OpenAPI document says of the desk is what it answers."""

from typing import Any

import httpx
import pytest

from tests.api.schema import Document
from tests.make import Brand, Service
from tests.metrics.told import told

STORY = """
    03-02 10:00 member.joined   group_id=g1 member_id=ann
    03-03 10:00 order.paid      order_id=o1 buyer_id=ann amount=9
    03-03 10:00 member.joined   group_id=g1 member_id=bob
    03-03 10:00 identity.linked member_id=bob buyer_id=b1
"""


@pytest.fixture(scope="module")
def document(service: Service) -> Document:
    return Document(httpx.get(f"{service.base}/schema/openapi.json", trust_env=False).json())


class Checked:
    """Asks, and holds each answer against the document."""

    def __init__(self, document: Document, brand: Brand) -> None:
        self.document = document
        self.brand = brand

    def __call__(
        self, status: int, method: str, template: str, body: Any = None, **given: Any
    ) -> Any:
        names = {name: given.pop(name) for name in list(given) if f"{{{name}}}" in template}
        with self.brand.client as client:
            answer = client.request(method, template.format(**names), json=body, params=given)
        assert answer.status_code == status, answer.text
        documented = self.document.document["paths"][template][method.lower()]["responses"]
        content = documented[str(status)].get("content")
        if status == 204:
            assert (content, answer.content) == (None, b"")
            return None
        kind = answer.headers["content-type"].split(";")[0]
        assert self.document.wrong(content[kind]["schema"], answer.json()) == []
        return answer.json()


def test_answers_are_as_documented(service: Service, document: Document) -> None:
    ask = Checked(document, told(service, STORY, identity_mode="separate"))
    merges, ann = "/v1/identity-merges", {"customer_id": "m:ann"}
    suggestions = "/v1/identity-suggestions"
    for effects in ("true", "false"):
        assert len(ask(200, "GET", suggestions, effects=effects)["items"]) == 1
    pair = {"a": "m:ann", "b": "b:ann"}
    ask(200, "POST", f"{suggestions}/dismiss", pair)
    ask(200, "POST", merges, pair | {"dry_run": True})
    merge_id = ask(200, "POST", merges, pair)["merge_id"]
    ask(409, "POST", merges, pair)
    ask(404, "POST", "/v1/identity-links", {"member_id": "ann", "buyer_id": "x"})
    ask(200, "GET", merges, limit=1)
    ask(200, "GET", "/v1/customers/{customer_id}/identities", customer_id="m:bob")
    ask(200, "GET", "/v1/customers/{customer_id}/identities", **ann)
    ask(200, "POST", f"{merges}/{{merge_id}}/undo", {"dry_run": True}, merge_id=merge_id)
    ask(200, "POST", f"{merges}/{{merge_id}}/undo", {}, merge_id=merge_id)
    ask(409, "POST", f"{merges}/{{merge_id}}/undo", {}, merge_id=merge_id)

    group = ask(201, "POST", "/v1/tag-groups", {"name": "g"})
    tag = ask(201, "POST", "/v1/tags", {"name": "t", "tag_group_id": group["tag_group_id"]})
    tag_id = {"tag_id": tag["tag_id"]}
    ask(200, "GET", "/v1/tag-groups")
    ask(200, "PATCH", "/v1/tag-groups/{tag_group_id}", {}, tag_group_id=group["tag_group_id"])
    ask(409, "DELETE", "/v1/tag-groups/{tag_group_id}", tag_group_id=group["tag_group_id"])
    ask(200, "GET", "/v1/tags")
    ask(200, "GET", "/v1/tags/{tag_id}", **tag_id)
    ask(200, "PATCH", "/v1/tags/{tag_id}", {"tag_group_id": None}, **tag_id)
    ask(204, "DELETE", "/v1/tag-groups/{tag_group_id}", tag_group_id=group["tag_group_id"])
    whom = {"customer_ids": ["m:ann", "m:x"]}
    ask(200, "POST", "/v1/tags/{tag_id}/customers", whom, **tag_id)
    ask(200, "POST", "/v1/customers/{customer_id}/tags", {"tag_ids": [tag["tag_id"]]}, **ann)
    ask(200, "GET", "/v1/customers/{customer_id}/tags", **ann)
    ask(200, "POST", "/v1/tags/{tag_id}/customers/remove", whom, **tag_id)
    ask(204, "DELETE", "/v1/customers/{customer_id}/tags/{tag_id}", **ann, **tag_id)
    ask(204, "DELETE", "/v1/tags/{tag_id}", **tag_id)

    remark = ask(201, "POST", "/v1/customers/{customer_id}/remarks", {"text": "x"}, **ann)
    remark_id = {"remark_id": remark["remark_id"]}
    ask(200, "GET", "/v1/customers/{customer_id}/remarks", **ann)
    ask(200, "PATCH", "/v1/remarks/{remark_id}", {"text": "y"}, **remark_id)
    ask(204, "DELETE", "/v1/remarks/{remark_id}", **remark_id)
    ask(404, "DELETE", "/v1/remarks/{remark_id}", **remark_id)

    task = ask(201, "POST", "/v1/customers/{customer_id}/tasks", {"title": "x"}, **ann)
    task_id = {"task_id": task["task_id"]}
    ask(200, "GET", "/v1/tasks", done="false")
    ask(200, "GET", "/v1/tasks/{task_id}", **task_id)
    ask(200, "PATCH", "/v1/tasks/{task_id}", {"done": True}, **task_id)
    ask(422, "PATCH", "/v1/tasks/{task_id}", {"due_at": "x"}, **task_id)
    ask(204, "DELETE", "/v1/tasks/{task_id}", **task_id)
