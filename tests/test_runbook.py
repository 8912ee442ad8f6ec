"""The runbook is read at 02:00: every command in it exists, and the words by which a trouble is known are the bot's."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import main

ROOT = Path(__file__).parents[1]
RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
COMMANDS = sorted(set(re.findall(r"drop-bot ((?:audit |db |checklist )?[a-z]+)", RUNBOOK)))
SEEN_AS = {
    "Production was changed outside of Drop": "bot/views/drift.py",
    "The record: cannot be written": "storage/outages.py",
    "Free space on its disk": "storage/outages.py",
    "is locked by another process": "storage/outages.py",
    "is damaged": "storage/outages.py",
    "does not verify": "checklist/record.py",
    "it is an older copy": "storage/plan_file.py",
    "The database is of a newer version": "storage/upgrade.py",
    "The clock of the bot's machine is": "bot/refusals.py",
    "drop_clock_skew_seconds": "bot/metrics.py",
    "Another process runs on this database": "bot/cli.py",
    "others are connected with this app's token": "bot/socket_mode.py",
    "Something went wrong on our side": "bot/listeners.py",
}


def test_it_names_commands() -> None:
    assert {"doctor", "status", "rollback", "audit verify", "run"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_runbook_exists(command: str) -> None:
    outcome = CliRunner().invoke(main, [*command.split(), "--help"])

    assert outcome.exit_code == 0, outcome.output


def test_the_options_of_the_rollback_are_those_of_the_runbook() -> None:
    told = CliRunner().invoke(main, ["rollback", "--help"], env={"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"})

    (typed,) = re.findall(r"^drop-bot rollback .*$", RUNBOOK, re.MULTILINE)
    assert [option for option in re.findall(r"--\w+", typed) if option not in told.output] == []


@pytest.mark.parametrize("words", SEEN_AS)
def test_a_trouble_is_known_by_the_words_that_the_bot_says(words: str) -> None:
    said = re.sub(r"\s+", " ", RUNBOOK.replace("…", ""))
    code = (ROOT / SEEN_AS[words]).read_text(encoding="utf-8")

    assert words in said
    assert words.removeprefix("The record: ") in re.sub(r'"\s+f?"', "", code)
