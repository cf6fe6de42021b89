"""The command line: every command, and how what goes wrong is told."""

import sys

import click

from app.cli import audit_log, brand, data, demo, derived, exports, moves, operator, serve
from app.core.db import reason, sqlstate, unavailable
from app.core.errors import Problem
from app.core.roles import RolesError
from app.core.settings import SettingsError
from app.core.walls import NotWalled
from app.embedded.errors import EmbeddedError
from app.telemetry.traces import NoTraces


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="hongqun", prog_name="hongqun")
def hongqun() -> None:
    """Hongqun (红群): the CRM backend for brands that sell through group chats.

    DATABASE_URL and REDIS_URL name the servers. Where they are not set, `up` and `demo` run
    embedded ones under HONGQUN_DATA (default .hongqun/), and the other commands find those.
    """


for command in (
    serve.up,
    demo.demo,
    brand.brand,
    brand.key,
    brand.source,
    operator.operator,
    audit_log.audit,
    data.import_,
    data.drain,
    exports.export,
    derived.rebuild,
    derived.verify,
    serve.migrate,
    serve.make_roles,
    serve.web,
    serve.worker,
):
    hongqun.add_command(command)

for command in (moves.export_brand, moves.restore_brand, moves.delete_brand):
    brand.brand.add_command(command)


def main() -> None:
    """Run the command line; what a person can mend is told in one line, without a traceback."""
    try:
        hongqun(prog_name="hongqun")
    except (SettingsError, RolesError, NotWalled, EmbeddedError, NoTraces, Problem) as error:
        click.echo(f"hongqun: {error}", err=True)
        sys.exit(2)
    except Exception as error:
        if not unavailable(error):
            raise
        told = reason(error) if sqlstate(error) == "53300" else error
        click.echo(f"hongqun: the database cannot be reached: {told}", err=True)
        sys.exit(2)
