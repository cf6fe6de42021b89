"""Follow-up tasks."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, patch, post
from litestar.datastructures import State
from litestar.di import NamedDependency
from litestar.params import FromPath, Parameter

from app.api.answers import answer
from app.api.bodies import decode_body, json_body
from app.api.params import Cursor, Limit
from app.core.clock import parse_instant
from app.core.db import transaction
from app.core.errors import Problem
from app.core.moments import instant
from app.core.page import Sort, read_cursor, write_cursor
from app.crm import people, tasks
from app.crm.caller import Caller
from app.models.desk import Task as TaskRow

Title = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Assignee = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
DueAt = Annotated[str, msgspec.Meta(extra_json_schema={"format": "date-time"})]
_task = TaskRow.__table__.c
FIRST_DUE = (Sort(_task.due_at, datetime, nullable=True), Sort(_task.task_id, str))


class TaskBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A task to make; due_at is an instant (RFC 3339 with offset)."""

    title: Title
    assignee: Assignee | None = None
    due_at: DueAt | None = None


class TaskPatch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What to change of a task; done true closes it, done false opens it again."""

    title: Title | msgspec.UnsetType = msgspec.UNSET
    assignee: Assignee | msgspec.UnsetType | None = msgspec.UNSET
    due_at: DueAt | msgspec.UnsetType | None = msgspec.UNSET
    done: bool | msgspec.UnsetType = msgspec.UNSET


class TaskPage(msgspec.Struct, frozen=True):
    """Tasks, the first due first; `next` is the cursor of the following page."""

    items: list[tasks.Task]
    next: str | None


def _due(value: str | None) -> datetime | None:
    try:
        return None if value is None else parse_instant(value)
    except (ValueError, OverflowError) as error:
        raise Problem(422, "invalid", f"due_at {error}.", field="/due_at") from None


@get(
    "/v1/tasks",
    summary="List tasks",
    operation_id="listTasks",
    tags=["tasks"],
    opt={"scope": "read"},
)
async def list_tasks(
    caller: NamedDependency[Caller],
    state: State,
    limit: Limit = 50,
    cursor: Cursor = None,
    assignee: Annotated[str | None, Parameter(description="Only those of this assignee.")] = None,
    done: Annotated[
        bool | None, Parameter(description="Only those done, or only the open ones.")
    ] = None,
    due_before: Annotated[
        str | None,
        Parameter(
            description="Only those due before this instant (RFC 3339 with offset).",
            schema_extra={"format": "date-time"},
        ),
    ] = None,
    customer_id: Annotated[
        str | None, Parameter(description="Only those about this customer.")
    ] = None,
) -> Response[TaskPage]:
    """List tasks, the first due first, those without a due time last."""
    after = None if cursor is None else read_cursor("tasks", cursor, FIRST_DUE)
    before = None if due_before is None else instant("due_before", due_before)
    async with transaction(state.pool, caller.brand_id) as connection:
        identity = None if customer_id is None else people.identity_of(customer_id)
        person = None
        if identity is not None:
            person = await people.find(connection, caller.brand_id, identity)
        if customer_id is not None and person is None:
            return answer(TaskPage([], None))
        found = await tasks.page(
            connection,
            caller.brand_id,
            tasks.Filter(
                assignee=assignee,
                done=done,
                due_before=before,
                customer=None if person is None else person.customer_id,
            ),
            limit + 1,
            None if after is None else (after[0], after[1]),
        )
    items = found[:limit]
    following = None
    if len(found) > limit:
        following = write_cursor("tasks", [items[-1].due_at, items[-1].task_id])
    return answer(TaskPage(items, following))


@post(
    "/v1/customers/{customer_id:str}/tasks",
    summary="Make a task",
    operation_id="makeTask",
    operation_class=json_body(TaskBody),
    tags=["tasks"],
    opt={"scope": "write"},
)
async def make_task(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    customer_id: FromPath[str],
) -> Response[tasks.Task]:
    """Make something to follow up with a customer."""
    body = await decode_body(request, TaskBody)
    due_at = _due(body.due_at)
    async with transaction(state.pool, caller.brand_id) as connection:
        person = await people.named(connection, caller.brand_id, customer_id)
        made = await tasks.make(
            connection,
            caller.brand_id,
            person,
            body.title,
            body.assignee,
            due_at,
            caller.actor,
        )
    return answer(made, 201)


@get(
    "/v1/tasks/{task_id:str}",
    summary="Read a task",
    operation_id="getTask",
    tags=["tasks"],
    opt={"scope": "read"},
)
async def get_task(
    caller: NamedDependency[Caller], state: State, task_id: FromPath[str]
) -> Response[tasks.Task]:
    """Read a task."""
    async with transaction(state.pool, caller.brand_id) as connection:
        return answer(await tasks.find(connection, caller.brand_id, task_id))


@patch(
    "/v1/tasks/{task_id:str}",
    summary="Change a task",
    operation_id="patchTask",
    operation_class=json_body(TaskPatch),
    tags=["tasks"],
    opt={"scope": "write"},
)
async def patch_task(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    state: State,
    task_id: FromPath[str],
) -> Response[tasks.Task]:
    """Change a task, close it or open it again."""
    body = await decode_body(request, TaskPatch)
    changes = {k: v for k, v in msgspec.structs.asdict(body).items() if v is not msgspec.UNSET}
    if "due_at" in changes:
        changes["due_at"] = _due(changes["due_at"])
    async with transaction(state.pool, caller.brand_id) as connection:
        changed = await tasks.change(connection, caller.brand_id, task_id, changes, caller.actor)
    return answer(changed)


@delete(
    "/v1/tasks/{task_id:str}",
    summary="Delete a task",
    operation_id="deleteTask",
    tags=["tasks"],
    opt={"scope": "write"},
)
async def delete_task(
    caller: NamedDependency[Caller], state: State, task_id: FromPath[str]
) -> None:
    """Delete a task."""
    async with transaction(state.pool, caller.brand_id) as connection:
        await tasks.drop(connection, caller.brand_id, task_id)
