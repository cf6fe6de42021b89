"""The commands for operators: the first owner of a brand is made here."""

import sys

import click
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.cli.brand import brand_option, json_option, minute, must_exist, show, table, within
from app.core.errors import Problem
from app.crm import audit, operators, passwords
from app.crm.caller import ROLES, Role

stdin_option = click.option(
    "--password-stdin",
    is_flag=True,
    help="Read the password from standard input; left out, one is generated and shown once.",
)


@click.group()
def operator() -> None:
    """Make, list, disable operators, and reset their passwords."""


@operator.command("create")
@brand_option
@click.option("--login", required=True, help="What they log in by, such as an email address.")
@click.option("--name", help="What they are called; the login where left out.")
@click.option("--role", default="operator", show_default=True, type=click.Choice(ROLES))
@click.option("--reads-pii", is_flag=True, help="Lets them see phone numbers; owners may anyway.")
@stdin_option
@json_option
def create_operator(
    brand_id: int,
    login: str,
    name: str | None,
    role: Role,
    reads_pii: bool,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Make an operator."""
    if not operators.LOGIN.fullmatch(login):
        raise click.BadParameter("letters, digits and . _ % + @ - only", param_hint="--login")
    given = _read_password(password_stdin)

    async def act(connection: AsyncConnection) -> dict[str, str]:
        await must_exist(connection, brand_id)
        password, hashed = await operators.password_for(given, login)
        operator_id = await operators.create(
            connection,
            brand_id,
            login=login,
            name=name or login,
            role=role,
            reads_pii=reads_pii,
            password_hash=hashed,
        )
        detail = {"role": role, "reads_pii": reads_pii}
        await audit.record(connection, brand_id, audit.CLI, "operator.create", operator_id, detail)
        made = {"operator_id": operator_id, "login": operators.fold(login)}
        return made if given else made | {"password": password}

    show(within(act, brand_id), as_json)


@operator.command("list")
@brand_option
def list_operators(brand_id: int) -> None:
    """List the operators of a brand."""

    async def act(connection: AsyncConnection) -> list[tuple[object, ...]]:
        await must_exist(connection, brand_id)
        rows = await connection.execute(
            text(
                f"SELECT {operators.COLUMNS} FROM operator WHERE brand_id = :brand ORDER BY login"
            ),
            {"brand": brand_id},
        )
        return [
            (
                row.operator_id,
                row.login,
                row.name,
                row.role,
                "yes" if "pii:read" in operators.scopes(row) else "",
                minute(row.last_login_at),
                minute(row.disabled_at),
            )
            for row in rows
        ]

    headers = ["operator", "login", "name", "role", "reads pii", "last login", "disabled"]
    table(headers, within(act, brand_id))


@operator.command("reset")
@brand_option
@click.option("--login", required=True)
@stdin_option
@json_option
def reset_password(brand_id: int, login: str, password_stdin: bool, as_json: bool) -> None:
    """Give an operator another password; all sessions of the old one end."""
    given = _read_password(password_stdin)

    async def act(connection: AsyncConnection) -> dict[str, str]:
        operator_id = await _find(connection, brand_id, login)
        password, hashed = await operators.password_for(given, login)
        await operators.set_password(connection, brand_id, operator_id, hashed)
        await audit.record(connection, brand_id, audit.CLI, "operator.reset_password", operator_id)
        made = {"operator_id": operator_id, "login": operators.fold(login)}
        return made if given else made | {"password": password}

    show(within(act, brand_id), as_json)


@operator.command("disable")
@brand_option
@click.option("--login", required=True)
def disable_operator(brand_id: int, login: str) -> None:
    """End an operator's sessions, and let them log in no more."""
    _set_active(brand_id, login, False)
    click.echo(f"disabled {login}")


@operator.command("enable")
@brand_option
@click.option("--login", required=True)
def enable_operator(brand_id: int, login: str) -> None:
    """Let an operator who was disabled log in again."""
    _set_active(brand_id, login, True)
    click.echo(f"enabled {login}")


def _set_active(brand_id: int, login: str, active: bool) -> None:
    async def act(connection: AsyncConnection) -> None:
        operator_id = await _find(connection, brand_id, login)
        changed = await operators.change(connection, brand_id, operator_id, {"active": active})
        if changed:
            await audit.record(
                connection, brand_id, audit.CLI, "operator.change", operator_id, changed
            )

    within(act, brand_id)


async def _find(connection: AsyncConnection, brand_id: int, login: str) -> str:
    await must_exist(connection, brand_id)
    row = await operators.by_login(connection, brand_id, login)
    if row is None:
        raise click.ClickException(f"brand {brand_id} has no operator {login}")
    found: str = row.operator_id
    return found


def _read_password(from_stdin: bool) -> str | None:
    if not from_stdin:
        return None
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise click.ClickException("there is no password on standard input")
    if len(password) > passwords.LONGEST or "\0" in password:
        raise Problem(422, "invalid", "This cannot be a password.", field="/password")
    return password
