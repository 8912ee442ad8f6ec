"""The command line: drop-bot run, sandbox, doctor, status, rollback, audit, checklist validate, db upgrade."""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot import audit, shell
from bot.app import serve
from bot.clock import ClockRefused
from bot.connection import WrongWorkspace
from bot.database import upgraded
from bot.doctor import examine
from bot.logs import write_logs
from bot.rescue import restore_steps
from bot.rollback import Asked, NobodyOfThatName, NoWayBack, roll_back
from bot.runner import AnotherRuns
from bot.settings import DatabaseSettings, Settings, SettingsWrong, read_settings
from bot.web import PortTaken
from checklist.errors import RecordDamaged, RecordOutage
from checklist.export import head_of
from checklist.loading import ChecklistInvalid, load
from checklist.record import ChainBroken
from checklist.redaction import Redactor
from runs.engine import NotMigrated
from storage.engine import Unreachable, WrongDatabaseUrl
from storage.plan_file import RecordBehind
from storage.upgrade import NewerDatabase, OlderDatabase

# Their words say what is wrong, and what to do next.
SAID_BY_ITSELF = (
    ClockRefused,
    NewerDatabase,
    NobodyOfThatName,
    NotMigrated,
    NoWayBack,
    OlderDatabase,
    PortTaken,
    RecordBehind,
    RecordOutage,
    Unreachable,
    WrongDatabaseUrl,
)

RUN = (sys.executable, "-m", "bot", "run")  # a bot that serves, as a process of its own

main = typer.Typer(name="drop-bot", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
checklists = typer.Typer(no_args_is_help=True, help="The checklist file.")
main.add_typer(checklists, name="checklist")
databases = typer.Typer(no_args_is_help=True, help="The database of the record.")
main.add_typer(databases, name="db")
audits = typer.Typer(no_args_is_help=True, help="The record.")
main.add_typer(audits, name="audit")


@main.command()
def run() -> None:
    """Serve Slack and carry deployments out, until SIGTERM."""
    try:
        settings = read_settings()
        write_logs(Redactor(settings.secrets))
        asyncio.run(serve(settings))
    except SettingsWrong as wrong:
        _refuse(*wrong.lines)
    except ChecklistInvalid as invalid:
        _refuse(*(str(problem) for problem in invalid.problems))
    except WrongWorkspace as wrong:
        _refuse(f"SLACK_BOT_TOKEN is of workspace {wrong.args[0]}, checklist.yml names {wrong.args[1]}.")
    except AnotherRuns:
        _refuse("Another process runs on this database. Stop it first; two never deploy at once.", code=os.EX_TEMPFAIL)
    except ChainBroken as broken:
        _refuse(f"The record was altered: {broken}. Nothing is deployed on it.", *restore_steps())
    except RecordDamaged as damaged:
        _refuse(f"{damaged}. Nothing is deployed on it.", *restore_steps())
    except SAID_BY_ITSELF as refused:
        _refuse(str(refused))


@main.command()
def sandbox(
    port: Annotated[int, typer.Option(help="Where the page is served; 0 takes a free port.")] = 8080,
    play: Annotated[str, typer.Option(help="Act a whole story, print the conversation, exit 0 or 1.")] = "",
    no_bot: Annotated[bool, typer.Option("--no-bot", help="Print the settings instead of starting the bot.")] = False,
    http: Annotated[bool, typer.Option("--http", help="Deliver by signed HTTP instead of Socket Mode.")] = False,
    postgresql: Annotated[bool, typer.Option("--postgresql", help="Keep the record in PostgreSQL.")] = False,
    checklist: Annotated[Path, typer.Option(help="The checklist that the sandbox copies.")] = Path("checklist.yml"),
    manifest: Annotated[Path, typer.Option(help="The app's manifest: its commands and scopes.")] = Path("manifest.yml"),
) -> None:
    """Slack, Fly.io and the app on this machine, and the bot in the middle of them."""
    from sandbox import host  # only here: a bot that serves knows nothing of the sandbox
    from sandbox import play as stories

    for file in (checklist, manifest):
        if not file.is_file():
            _refuse(f"There is no file {file}. Start the sandbox in the project's folder, or name the file.")
    if play and play not in stories.STORIES:
        _refuse(f"There is no story {play}. There are: {', '.join(stories.STORIES)}.")
    bot = () if no_bot else RUN
    with _database(shared=postgresql or play in stories.BOTS) as url:
        if play:
            raise typer.Exit(stories.play(play, bot, checklist, manifest, http=http, database_url=url))
        raise typer.Exit(host.host(bot, checklist, manifest, port=port, http=http, database_url=url))


@main.command()
def doctor() -> None:
    """Look at every setting, token, person, app, machine and file, and say what to do next. Changes nothing."""
    raise typer.Exit(asyncio.run(examine(typer.echo)))


@main.command()
def status(
    deployment: Annotated[str, typer.Argument(help="CR-nnn; without it, the open one or the newest.")] = "",
) -> None:
    """Where a deployment stands, read from the record. Needs neither Slack nor a bot that runs."""
    with _shell() as settings:
        raise typer.Exit(shell.status(settings, deployment, typer.echo))


@main.command()
def rollback(
    deployment: Annotated[str, typer.Argument(help="CR-nnn")],
    by: Annotated[str, typer.Option(help="Who asks, as checklist.yml names them.")],
    reason: Annotated[str, typer.Option(help="Why, in words that the record keeps.")],
) -> None:
    """Bring the previous version back. Works with Slack down, without a bot, and without a record that can be used."""
    with _shell() as settings:
        asked = Asked(deployment=deployment, by=by, reason=reason)
        raise typer.Exit(asyncio.run(roll_back(settings, asked, typer.echo)))


@audits.command()
def verify(
    file: Annotated[Path | None, typer.Argument(help="An export; without it, the record itself.")] = None,
    head: Annotated[str, typer.Option(help="SEQ:DIGITS, as a message of the bot in Slack carries it.")] = "",
) -> None:
    """Walk the whole chain, and name the first entry that does not verify. An export needs no settings and no bot."""
    try:
        told = head_of(head) if head else None
    except ValueError as wrong:
        _refuse(f"{wrong}.")
    if file:
        raise typer.Exit(audit.verify_file(file, told, typer.echo))
    with _database_alone() as url:
        raise typer.Exit(audit.verify_record(url, told, typer.echo))


@audits.command()
def export(
    deployment: Annotated[str, typer.Argument(help="CR-nnn")],
    to: Annotated[Path | None, typer.Option(help="The file to write; CR-nnn.jsonl when it is not said.")] = None,
) -> None:
    """Write one deployment's part of the record to a file that anybody can verify, whenever that is."""
    with _database_alone() as url:
        raise typer.Exit(audit.export(url, deployment, to, typer.echo))


@checklists.command()
def validate(file: Annotated[Path, typer.Argument()] = Path("checklist.yml")) -> None:
    """Say what is wrong with the file, by line, and what to write instead."""
    try:
        found = load(file)
    except ChecklistInvalid as invalid:
        _refuse(*(str(problem) for problem in invalid.problems))
    except FileNotFoundError:
        _refuse(f"There is no file {file}.")
    typer.echo(f"{file} is valid: {sum(1 for _ in found.items())} items, revision {found.revision[:12]}")


@databases.command("upgrade")
def upgrade() -> None:
    """Bring the database to this version's shape. Stop every bot on it first."""
    with _database_alone() as url:
        upgraded(url)
    typer.echo("The database is up to date.")


@contextmanager
def _database(*, shared: bool) -> Iterator[str]:
    """The address of a PostgreSQL database of the sandbox's own, upgraded; or nothing, for its SQLite file."""
    from sandbox.postgres import NoPostgres, running

    if not shared:
        yield ""
        return
    with ExitStack() as stack:
        try:
            server = stack.enter_context(running())
        except NoPostgres as missing:
            _refuse(str(missing), code=2)
        url = server.url(server.create())
        upgraded(url)
        yield url


@contextmanager
def _database_alone() -> Iterator[str]:
    """DATABASE_URL, for a command that needs no other setting."""
    try:
        yield DatabaseSettings().database_url
    except SAID_BY_ITSELF as refused:
        _refuse(str(refused))


@contextmanager
def _shell() -> Iterator[Settings]:
    """The settings, and what can be wrong before a command of the shell has begun."""
    try:
        settings = read_settings()
        write_logs(Redactor(settings.secrets))
        yield settings
    except SettingsWrong as wrong:
        _refuse(*wrong.lines)
    except ChecklistInvalid as invalid:
        _refuse(*(str(problem) for problem in invalid.problems))
    except SAID_BY_ITSELF as refused:
        _refuse(str(refused))


def _refuse(*lines: str, code: int = 1) -> NoReturn:
    """A clear "no": each line on stderr, and an exit that is not 0."""
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(code)
