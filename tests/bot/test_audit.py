"""`drop-bot audit`: the record is verified, one deployment is exported, and whoever has the file needs nothing else."""

import re
import runpy
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.audit import export, verify_file, verify_record
from bot.cli import main
from bot.settings import read_settings
from checklist.export import Head, head_of
from sandbox.canaries import CANARIES
from tests.bot.begun import CR, Begun
from tests.bot.scene import Scene, on_both_databases

pytestmark = pytest.mark.journey

AUDIT = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
NOT_THAT = Head(seq=1, digits="0" * 12)


def says(begun: Begun, head: Head | None = None, *, code: int) -> list[str]:
    """What `drop-bot audit verify` says of the record."""
    said: list[str] = []
    assert verify_record(begun.settings.database_url, head, said.append) == code
    return said


def exports(begun: Begun, to: Path, deployment: str = CR, *, code: int = 0) -> list[str]:
    said: list[str] = []
    assert export(begun.settings.database_url, deployment, to, said.append) == code
    return said


def reads(file: Path, head: Head | None = None, *, code: int = 0) -> list[str]:
    """What `drop-bot audit verify FILE` says."""
    said: list[str] = []
    assert verify_file(file, head, said.append) == code
    return said


def alter(database: Path) -> None:
    """Somebody who has the file changes what happened."""
    with closing(sqlite3.connect(database)) as connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute("UPDATE entries SET kind = 'plan.forged' WHERE seq = 1")
        connection.commit()


def test_the_whole_chain_is_verified(begun: Begun) -> None:
    assert says(begun, code=0) == [f"The record verifies: 1 entries, the last one is {begun.entries()[-1].hash}."]


def test_the_first_entry_that_was_altered_is_named(begun: Begun) -> None:
    alter(begun.database)

    said = says(begun, code=1)

    assert said[0] == "The record was altered: entry 1 does not verify."
    assert said[1] == "Restore the database from a backup:"


def test_the_record_is_held_against_a_head_that_slack_was_told(begun: Begun) -> None:
    told = head_of(begun.entries()[-1].head)

    assert says(begun, told, code=0)[0].startswith("The record verifies")
    assert says(begun, NOT_THAT, code=1)[0] == (
        "The record was rewritten, or is an older copy: entry 1 is not the one of the head 1:000000000000."
    )


@on_both_databases
async def test_an_exported_deployment_verifies_where_there_is_nothing_but_the_file(
    scene: Scene, tmp_path: Path
) -> None:
    await scene.is_approved()
    await scene.quiet()
    file, said = tmp_path / "CR-001.jsonl", list[str]()

    assert export(read_settings().database_url, "cr-001", file, said.append) == 0

    assert said == [f"CR-001 is in {file}. Whoever has the file can verify it: drop-bot audit verify {file}"]
    proved = "\n".join(reads(file))
    assert re.search(r"CR-001 verifies: entries \d+ to \d+ of the record, and none is missing\.", proved)
    assert "First: deployment opened, by john, " in proved
    assert "by alem, " in proved
    assert "  John asks you to approve Drop v0.5.0 for production." in proved
    assert [name for name, secret in CANARIES.items() if secret in file.read_text()] == []


def test_the_file_is_verified_by_the_program_that_the_documentation_shows(
    begun: Begun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file, program = tmp_path / "CR-001.jsonl", tmp_path / "verify.py"
    exports(begun, file)
    (shown,) = re.findall(r"```python\n(.*?)```", AUDIT, re.DOTALL)
    program.write_text(shown)
    monkeypatch.setattr("sys.argv", ["verify.py", str(file)])

    runpy.run_path(str(program))

    assert capsys.readouterr().out == "verified: 1 entries\n"
    file.write_text(file.read_text().replace("plan.exported", "plan.forged"))
    with pytest.raises(AssertionError, match="entry 1 was altered"):
        runpy.run_path(str(program))


def test_an_export_is_for_its_owner_to_read(begun: Begun, tmp_path: Path) -> None:
    exports(begun, tmp_path / "CR-001.jsonl")

    assert (tmp_path / "CR-001.jsonl").stat().st_mode & 0o077 == 0


def test_a_file_that_is_there_is_left_alone(begun: Begun, tmp_path: Path) -> None:
    file = tmp_path / "CR-001.jsonl"
    file.write_text("mine")

    said = exports(begun, file, code=1)

    assert said == [f"{file} is there already. Move it away, or name another one with --to."]
    assert file.read_text() == "mine"


def test_where_nothing_can_be_written_it_is_said(begun: Begun, tmp_path: Path) -> None:
    file = tmp_path / "nowhere" / "CR-001.jsonl"

    assert exports(begun, file, code=1) == [
        f"{file} cannot be written: No such file or directory. Name another one with --to."
    ]


def test_an_unknown_deployment_is_a_clear_no_and_leaves_no_file(begun: Begun, tmp_path: Path) -> None:
    said = exports(begun, tmp_path / "CR-099.jsonl", "CR-099", code=1)

    assert said == ["There is no CR-099. `/drop status` shows the open deployment."]
    assert not (tmp_path / "CR-099.jsonl").exists()


def test_a_record_that_was_altered_is_not_exported(begun: Begun, tmp_path: Path) -> None:
    alter(begun.database)

    said = exports(begun, tmp_path / "CR-001.jsonl", code=1)

    assert said[0] == "The record was altered: entry 1 does not verify. Nothing was exported."
    assert not (tmp_path / "CR-001.jsonl").exists()


def test_a_file_that_was_altered_is_refused_at_its_line(begun: Begun, tmp_path: Path) -> None:
    file = tmp_path / "CR-001.jsonl"
    exports(begun, file)
    file.write_text(file.read_text().replace("plan.exported", "plan.forged"))

    assert reads(file, code=1) == [
        f"{file} does not verify: line 2 is not the entry that was hashed, or not in its place.",
        "Ask for another export of the record itself.",
    ]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"{}\n", b"[" * 100_000], ids=["empty", "bytes", "{}", "deep"])
def test_what_is_no_export_is_refused_in_words(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "CR-001.jsonl"
    file.write_bytes(content)

    assert reads(file, code=1)[0].startswith(f"{file} does not verify: ")


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    assert reads(tmp_path / "no.jsonl", code=1) == [
        f"{tmp_path / 'no.jsonl'} cannot be read: No such file or directory."
    ]


def test_a_file_of_another_record_is_found_by_a_head(begun: Begun, tmp_path: Path) -> None:
    exports(begun, tmp_path / "CR-001.jsonl")

    assert "is not of the record that was told of" in reads(tmp_path / "CR-001.jsonl", NOT_THAT, code=1)[0]


def test_the_command_line_takes_a_file_without_any_setting(
    begun: Begun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(tmp_path / "CR-001.jsonl")
    assert CliRunner().invoke(main, ["audit", "export", CR, "--to", file]).exit_code == 0
    for name in begun.sandbox.environment():
        monkeypatch.delenv(name)

    verified = CliRunner().invoke(main, ["audit", "verify", file, "--head", begun.entries()[0].head])

    assert (verified.exit_code, verified.output.splitlines()[0]) == (
        0,
        "CR-001 verifies: entries 1 to 1 of the record, and none is missing.",
    )
    wrong = CliRunner().invoke(main, ["audit", "verify", file, "--head", "174"])
    assert (wrong.exit_code, "174 is no head. Write it as a message carries it" in wrong.output) == (1, True)
