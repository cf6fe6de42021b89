"""Tasks: what is to be followed up with somebody, by whom and until when."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.core.errors import NotFound
from app.core.sql import sql
from app.crm.people import Person
from app.crm.tokens import random_text


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A task; it is open where `done_at` is null. `assignee` is a name that the brand uses."""

    task_id: str
    customer_id: str
    title: str
    assignee: str | None
    due_at: datetime | None
    done_at: datetime | None
    done_by: str | None
    made_at: datetime
    made_by: str


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which tasks; None asks for all."""

    assignee: str | None = None
    done: bool | None = None
    due_before: datetime | None = None
    customer: str | None = None


async def page(
    connection: AsyncConnection,
    brand_id: int,
    asked: Filter,
    most: int,
    after: tuple[datetime | None, str] | None,
) -> list[Task]:
    """Tasks, the first due first, those without a due time last."""
    at, task_id = after or (None, None)
    found: list[Task] = []
    for due in (True, False):
        if (due and task_id is not None and at is None) or len(found) == most:
            continue  # The part with due times is behind us, or fills the page.
        if not due and asked.due_before is not None:
            continue
        goes_on = task_id if (at is not None) == due else None
        rows = await connection.execute(
            sql("crm", "tasks"),
            {
                "brand": brand_id,
                "due": due,
                "at": at,
                "after": goes_on,
                "most": most - len(found),
                **msgspec.structs.asdict(asked),
            },
        )
        found += [_read(row) for row in rows]
    return found


async def make(
    connection: AsyncConnection,
    brand_id: int,
    person: Person,
    title: str,
    assignee: str | None,
    due_at: datetime | None,
    actor: str,
) -> Task:
    """Make a task about somebody."""
    task_id = random_text(16)
    await connection.execute(
        text(
            "INSERT INTO task (brand_id, task_id, space, id, title, assignee, due_at, made_by)"
            " VALUES (:brand, :task, :space, :id, :title, :assignee, :due_at, :actor)"
        ),
        {
            "brand": brand_id,
            "task": task_id,
            "space": person.space,
            "id": person.id,
            "title": title,
            "assignee": assignee,
            "due_at": due_at,
            "actor": actor,
        },
    )
    return await find(connection, brand_id, task_id)


async def change(
    connection: AsyncConnection, brand_id: int, task_id: str, changes: dict[str, Any], actor: str
) -> Task:
    """Change a task; what was done stays done by whoever did it.

    changes: of `title`, `assignee`, `due_at` and `done` those that are to change.

    Raises:
        NotFound: where there is none.
    """
    given = dict(changes)
    assignments = [f"{name} = :{name}" for name in given if name != "done"]
    if "done" in given:
        given |= {"actor": actor}
        assignments += [
            "done_at = CASE WHEN :done THEN coalesce(done_at, now()) END",
            "done_by = CASE WHEN :done THEN coalesce(done_by, :actor) END",
        ]
    if assignments:
        await connection.execute(
            text(
                f"UPDATE task SET {', '.join(assignments)}"
                " WHERE brand_id = :brand AND task_id = :task"
            ),
            {"brand": brand_id, "task": task_id, **given},
        )
    return await find(connection, brand_id, task_id)


async def find(connection: AsyncConnection, brand_id: int, task_id: str) -> Task:
    """A task by its id.

    Raises:
        NotFound: where there is none.
    """
    rows = await connection.execute(
        text(
            "SELECT t.*, i.customer_id FROM task AS t"
            " JOIN identity AS i ON i.brand_id = :brand AND i.space = t.space AND i.id = t.id"
            " WHERE t.brand_id = :brand AND t.task_id = :task"
        ),
        {"brand": brand_id, "task": task_id},
    )
    row = rows.one_or_none()
    if row is None:
        raise NotFound("task")
    return _read(row)


async def drop(connection: AsyncConnection, brand_id: int, task_id: str) -> None:
    """Delete a task.

    Raises:
        NotFound: where there is none.
    """
    gone = await connection.execute(
        text("DELETE FROM task WHERE brand_id = :brand AND task_id = :task"),
        {"brand": brand_id, "task": task_id},
    )
    if not gone.rowcount:
        raise NotFound("task")


def _read(row: Row[Any]) -> Task:
    return Task(**{name: getattr(row, name) for name in Task.__struct_fields__})
