"""The history's oracle: it lets a clean history pass, and finds each forgery for what it is."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.history import INVARIANTS, check_history, read_record
from tests.sandbox import (
    forged_asks,
    forged_drift,
    forged_migrations,
    forged_rehearsal,
    forged_replacing,
    forged_words,
    forgeries,
)
from tests.sandbox.told import (
    FIRST,
    Told,
    canonical,
    chained,
    completed,
    ready_to_go,
    release,
    release_and_back,
    release_and_undo,
)

TOLD = {
    "begun": ready_to_go(),
    "done": release(),
    "completed": completed(),
    "back": release_and_back(),
    "undone": release_and_undo(),
    "drifted": forged_drift.acknowledged(),
    "drifted-while-away": forged_drift.reported_once_the_bot_was_back(),
    "migrated": forged_migrations.migrated(),
    "replaced": forged_replacing.replaced(),
    "changed-and-destroyed": forged_replacing.changed_by_hand_and_destroyed(),
    "taken-back": forged_replacing.taken_back(),
    "destroyed-on-a-lost-host": forged_replacing.destroyed_on_a_lost_host(),
    "rehearsed": forged_rehearsal.rehearsed(),
}
FORGED = (forgeries, forged_words, forged_asks, forged_drift, forged_migrations, forged_replacing, forged_rehearsal)


@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
def test_a_clean_history_holds(told: Told) -> None:
    assert told.violated() == []


EACH = [(name, forged) for module in FORGED for name, several in module.FORGERIES.items() for forged in several]


@pytest.mark.parametrize(("name", "forged"), EACH, ids=[f"{name}-{forged.__name__}" for name, forged in EACH])
def test_a_forged_history_is_found_by_the_invariant_that_it_breaks(name: str, forged: Callable[[], Told]) -> None:
    told = forged()

    violated = told.violated()

    assert [invariant.split(" ")[0] for invariant in violated] == [name]


def test_every_invariant_has_a_forgery() -> None:
    assert {name.split(" ")[0] for name in INVARIANTS} == {name for name, _ in EACH}


def test_a_missing_entry_is_found_by_the_gap_that_it_leaves() -> None:
    rows = chained(release().record)
    del rows[-1]
    del rows[1]

    found = check_history(rows, [], [])

    assert "I13 the chain verifies: entry 2 is missing" in [str(violation) for violation in found]


def test_a_payload_that_one_process_owes_an_ack_when_it_ends_is_no_matter_of_the_other_one_s_acks() -> None:
    told = release()
    told.slack[-2] |= {"status": None, "lost": True}

    assert told.slack[-1]["kind"] == "ack"
    assert told.violated() == []


def test_a_payload_on_a_connection_that_was_lost_needs_no_ack() -> None:
    told = release()
    told.slack[-2]["status"] = None
    told.slack[-1] |= {"kind": "api", "method": "apps.connections.open", "response": {"ok": True}}

    assert told.violated() == []


def test_the_machine_in_hand_may_finish_after_the_window() -> None:
    told = ready_to_go()
    told.intends(FIRST, "before")
    told.intends(FIRST, "before")
    told.record[-1]["at"] = "2026-11-25T05:00:00+00:00"

    assert told.violated() == []


def test_the_record_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "drop.db"
    rows = chained(release().record)
    with sqlite3.connect(path) as database:
        database.execute('CREATE TABLE entries (seq, kind, at, "by", deployment, key, body, previous, hash)')
        for row in rows:
            values = row | {"body": canonical(row["body"])}
            database.execute(
                "INSERT INTO entries VALUES (:seq, :kind, :at, :by, :deployment, NULL, :body, :previous, :hash)", values
            )
    database.close()

    assert read_record(f"sqlite:///{path}") == rows
