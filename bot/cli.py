"""The command line: drop-bot run, drop-bot sandbox, drop-bot checklist validate."""

import asyncio
import logging
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import structlog
import typer

from bot.app import AnotherRuns, serve
from bot.clock import ClockRefused
from bot.connection import WrongWorkspace
from bot.settings import SettingsWrong, read_settings
from checklist.loading import ChecklistInvalid, load
from checklist.record import ChainBroken
from storage.upgrade import NewerDatabase

main = typer.Typer(name="drop-bot", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
checklists = typer.Typer(no_args_is_help=True, help="The checklist file.")
main.add_typer(checklists, name="checklist")


@main.command()
def run() -> None:
    """Serve Slack and carry deployments out, until SIGTERM."""
    _log_to_stderr()
    try:
        asyncio.run(serve(read_settings()))
    except SettingsWrong as wrong:
        _refuse(*wrong.lines)
    except ChecklistInvalid as invalid:
        _refuse(*(str(problem) for problem in invalid.problems))
    except ClockRefused as refused:
        _refuse(str(refused))
    except WrongWorkspace as wrong:
        _refuse(f"SLACK_BOT_TOKEN is of workspace {wrong.args[0]}, checklist.yml names {wrong.args[1]}.")
    except AnotherRuns:
        _refuse("Another process runs on this database. Stop it first; two never deploy at once.")
    except NewerDatabase as newer:
        _refuse(str(newer))
    except ChainBroken as broken:
        _refuse(f"The record was altered: {broken}. Nothing is deployed on it. Restore the database from a backup.")


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


def _refuse(*lines: str) -> NoReturn:
    """A clear "no": each line on stderr, exit 1."""
    for line in lines:
        typer.echo(line, err=True)
    raise typer.Exit(1)


def _log_to_stderr() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


if __name__ == "__main__":
    main()
