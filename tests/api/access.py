"""What each operation asks for, as it is meant to be; and people and keys who ask."""

import re
from dataclasses import dataclass

import httpx
from sqlalchemy.ext.asyncio import AsyncConnection

from app.crm import keys, operators, sessions
from app.crm.caller import Role
from tests.make import PLAIN, Brand, Service

NEEDS = {
    "getHealth": "public",
    "getReadiness": "public",
    "postWebhook": "public",
    "openSession": "public",
    "getSession": "any",
    "closeSession": "operator",
    "changePassword": "operator",
    "postEvents": "events:write",
    "listDeadLetters": "read",
    "retryDeadLetter": "write",
    "listMetrics": "read",
    "getGmvShare": "read",
    "getRepurchase": "read",
    "getFunnel": "read",
    "getRetention": "read",
    "getActivity": "read",
    "getLives": "read",
    "getBeforeAfter": "read",
    "getHistory": "read",
    "explainOrder": "read",
    "getBrand": "read",
    "patchBrand": "admin",
    "getStatus": "read",
    "listOperators": "read",
    "getOperator": "read",
    "makeOperator": "admin",
    "patchOperator": "admin",
    "removeOperator": "admin",
    "resetPassword": "admin",
    "listKeys": "admin",
    "getKey": "admin",
    "makeKey": "admin",
    "rotateKey": "admin",
    "revokeKey": "admin",
    "listSources": "admin",
    "getSource": "admin",
    "makeSource": "admin",
    "patchSource": "admin",
    "rotateSource": "admin",
    "removeSource": "admin",
    "listAudit": "admin",
    "listWebhookEndpoints": "read",
    "makeWebhookEndpoint": "admin",
    "getWebhookEndpoint": "read",
    "patchWebhookEndpoint": "admin",
    "removeWebhookEndpoint": "admin",
    "rotateWebhookEndpoint": "admin",
    "enableWebhookEndpoint": "admin",
    "testWebhookEndpoint": "admin",
    "listWebhookDeliveries": "read",
    "getWebhookDelivery": "read",
    "replayWebhookDelivery": "admin",
    "listAlarms": "read",
    "makeAlarm": "admin",
    "getAlarm": "read",
    "patchAlarm": "admin",
    "deleteAlarm": "admin",
    "listAlarmFirings": "read",
    "listGroups": "read",
    "getGroup": "read",
    "listGroupMembers": "read",
    "listCustomers": "read",
    "listNotes": "read",
    "getNote": "read",
    "listCreators": "read",
    "getCreator": "read",
    "listLives": "read",
    "getLive": "read",
    "listMessages": "read",
    "getMessage": "read",
    "listOrders": "read",
    "getOrder": "read",
    "previewSegment": "read",
    "createSegment": "write",
    "listSegments": "read",
    "getSegment": "read",
    "patchSegment": "write",
    "deleteSegment": "write",
    "refreshSegment": "write",
    "listSegmentMembers": "read",
    "listSegmentChanges": "read",
    "mergeIdentities": "write",
    "linkIdentities": "write",
    "undoMerge": "write",
    "listMerges": "read",
    "getIdentities": "read",
    "suggestMerges": "read",
    "dismissSuggestion": "write",
    "listTagGroups": "read",
    "makeTagGroup": "write",
    "patchTagGroup": "write",
    "deleteTagGroup": "write",
    "listTags": "read",
    "makeTag": "write",
    "getTag": "read",
    "patchTag": "write",
    "deleteTag": "write",
    "tagCustomers": "write",
    "untagCustomers": "write",
    "getCustomerTags": "read",
    "tagCustomer": "write",
    "untagCustomer": "write",
    "listRemarks": "read",
    "makeRemark": "write",
    "patchRemark": "write",
    "deleteRemark": "write",
    "listTasks": "read",
    "makeTask": "write",
    "getTask": "read",
    "patchTask": "write",
    "deleteTask": "write",
    "lookupCustomers": "read",
    "exportPersonalData": "pii:read",
    "eraseCustomer": "admin",
    "listErasures": "read",
    "getErasure": "read",
    "getCustomer": "read",
    "getTimeline": "read",
    "getRfm": "read",
    "putRfm": "admin",
    "refreshRfm": "write",
    "postImport": "write",
    "listImports": "read",
    "getImport": "read",
    "listImportProblems": "read",
    "cancelImport": "write",
    "getExportFile": "export",
    "linkExportFile": "export",
    "getDownload": "public",
    "makeExport": "export",
    "listExports": "read",
    "getExport": "read",
    "cancelExport": "export",
    "postSnapshot": "events:write",
    "listSnapshots": "read",
}
"""By operation: a scope; `any` live key or session; `operator`, a session; or `public`.

A route is not finished before it stands here.
"""

OF_ROLE = {
    "analyst": {"read", "export"},
    "operator": {"read", "export", "write", "events:write"},
    "owner": {"read", "export", "write", "events:write", "pii:read", "admin"},
}

Operation = tuple[str, str, str]


def operations(service: Service) -> list[Operation]:
    """(id, method, path) of every operation of the OpenAPI document."""
    document = httpx.get(f"{service.base}/schema/openapi.json", trust_env=False).json()
    return [
        (operation["operationId"], method.upper(), re.sub(r"{\w+}", "1", path))
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


@dataclass
class Person:
    """An operator who is logged in."""

    operator_id: str
    login: str
    token: str


def key_of(service: Service, brand: Brand, *scopes: str) -> str:
    """A key of these scopes."""
    return service.within(lambda c: keys.create(c, brand.brand_id, "test", scopes))


def person(
    service: Service, brand: Brand, role: Role, *, login: str | None = None, reads_pii: bool = False
) -> Person:
    """An operator who is logged in; made without a password, which takes its time."""
    login = login or f"{role}{'-pii' if reads_pii else ''}"

    async def act(connection: AsyncConnection) -> Person:
        operator_id = await operators.create(
            connection,
            brand.brand_id,
            login=login,
            name=login,
            role=role,
            reads_pii=reads_pii,
            password_hash="none",
        )
        opened = await sessions.begin(connection, brand.brand_id, operator_id, "none", None)
        assert opened is not None
        return Person(operator_id, login, opened.token)

    return service.within(act)


def client(brand: Brand, token: str | None = None, cookie: str | None = None) -> httpx.Client:
    """A client that shows a token, or sends a cookie from a page of the same host."""
    headers = {}
    if token is not None:
        headers["authorization"] = f"Bearer {token}"
    if cookie is not None:
        headers |= {"cookie": f"hongqun_session={cookie}", "origin": brand.base}
    return httpx.Client(
        base_url=brand.base, headers=headers, timeout=60, trust_env=False, verify=PLAIN
    )
