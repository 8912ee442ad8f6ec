"""drop-bot audit: the record verified, one deployment's part of it exported, and such a file verified anywhere."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from bot.refusals import explain
from bot.rescue import restore_steps, unreadable
from bot.teller import Say, told
from bot.views.text import printable
from checklist.calendar import day_and_clock
from checklist.errors import NoSuchDeployment, RecordOutage
from checklist.export import Denied, Export, Head, NotAnExport, Signed, lines_of, read_export
from checklist.ports import Record
from checklist.record import ChainBroken, Fact
from checklist.words import DeploymentId
from storage.files import replace_file
from storage.upgrade import readable, verify_whole
from storage.work import SqlRecord, no_queue


def verify_record(url: str, head: Head | None, say: Say) -> int:
    """Walk the whole chain, and name the first entry that does not verify, or that is not what the head tells.

    Raises OlderDatabase, NewerDatabase, Unreachable.
    """
    try:
        with readable(url) as engine:
            last = verify_whole(engine, head)
    except ChainBroken as broken:
        return told((f"The record was altered: {broken}.", *restore_steps()), say)
    except Denied as denied:
        return told((f"The record was rewritten, or is an older copy: {denied}.", *restore_steps()), say)
    except RecordOutage as outage:
        return told(unreadable(outage), say)
    say(f"The record verifies: {last.seq} entries, the last one is {last.hash}." if last else "The record is empty.")
    return 0


def export(url: str, deployment: str, to: Path | None, say: Say) -> int:
    """Write the deployment's part of the record to a file that is not there yet.

    Raises OlderDatabase, NewerDatabase, Unreachable.
    """
    id = DeploymentId(deployment.upper())
    file = to or Path(f"{id}.jsonl")
    if file.exists():
        return told((f"{file} is there already. Move it away, or name another one with --to.",), say)
    try:
        with readable(url) as engine:
            replace_file(file, "".join(_exported(SqlRecord(engine, no_queue), id)))
    except NoSuchDeployment as no:
        return told((explain(no),), say)
    except ChainBroken as broken:
        return told((f"The record was altered: {broken}. Nothing was exported.", *restore_steps()), say)
    except RecordOutage as outage:
        return told(unreadable(outage), say)
    except OSError as refused:
        return told((f"{file} cannot be written: {refused.strerror}. Name another one with --to.",), say)
    say(f"{id} is in {file}. Whoever has the file can verify it: drop-bot audit verify {file}")
    return 0


def verify_file(file: Path, head: Head | None, say: Say) -> int:
    """Verify an export, which takes no settings and no record, and say what it proves."""
    try:
        with file.open(encoding="utf-8", newline="\n") as lines:
            found = read_export(lines, head=head)
    except OSError as missing:
        return told((f"{file} cannot be read: {missing.strerror}.",), say)
    except (NotAnExport, UnicodeDecodeError) as no:
        return told((f"{file} does not verify: {no}.", "Ask for another export of the record itself."), say)
    except Denied as denied:
        return told((f"{file} is not of the record that was told of: {denied}.",), say)
    for line in _proved(found):
        say(line)
    return 0


def _exported(record: Record, id: DeploymentId) -> Iterator[str]:
    with record.look() as work:
        work.deployments.get(id)
        first, last = next(iter(work.journal.entries(id))).seq, work.journal.last(id, 1)[0].seq
        yield from lines_of(id, first, last, work.journal.entries(after=first - 1))


def _proved(found: Export) -> Iterator[str]:
    first, last = found.first, found.last
    yield f"{found.deployment} verifies: entries {first.seq} to {last.seq} of the record, and none is missing."
    yield f"First: {_deed(first.fact)}"
    for signed in found.signed:
        yield from _signature(signed)
    yield f"Last: {_deed(last.fact)}"
    yield "Held against a head that the bot told Slack meanwhile it proves more: docs/audit.md, --head."


def _signature(signed: Signed) -> Iterator[str]:
    yield f"Signed: plan {signed.plan[:8]}, {_by(signed.by, signed.at)}. The plan is here in full. On the screen stood:"
    yield from (f"  {printable(line)}" for line in signed.shown.splitlines())


def _deed(fact: Fact) -> str:
    return f"{printable(fact.kind).replace('.', ' ')}, {_by(fact.by, fact.at)}"


def _by(by: str, at: datetime) -> str:
    return f"by {printable(by)}, {day_and_clock(at)}, which is {at:%Y-%m-%d %H:%M:%S} UTC"
