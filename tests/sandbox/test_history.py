"""The history's oracle: it lets a clean history pass, and finds each forgery for what it is."""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.history import INVARIANTS, check_history, read_record

Row = dict[str, Any]

NIGHT = datetime(2026, 11, 25, 1, 10, tzinfo=UTC)  # a Wednesday, 02:10 in Oslo
OLD, NEW, OTHER = (f"sha256:{digit * 64}" for digit in "123")
FIRST, SECOND = "148e21ea7d0089", "3d8d9025b6e189"
CHECKLIST = yaml.safe_load(
    """
    people:
      john: {kind: agent}
      alem: {kind: human}
      validator: {kind: agent}
    roles: {approver: [alem]}
    sections:
      - {phase: during, items: [{id: announce-start}, {id: maintenance-on, when: maintenance}, {id: deploy-trigger}]}
    rollback: [{id: rb-announce}, {id: rb-deploy}]
    """
)
PLAN = {
    "image": NEW,
    "rollback": OLD,
    "requester": "john",
    "engineer": "john",
    "window": "2026-11-25T01:00:00+00:00/2026-11-25T05:00:00+00:00",
}


@dataclass
class Told:
    """A history that is written down as it goes: each thing a second after the one before it."""

    record: list[Row] = field(default_factory=list)
    fly: list[Row] = field(default_factory=list)
    slack: list[Row] = field(default_factory=list)
    n: int = 0

    def tick(self) -> Row:
        self.n += 1
        return {"n": self.n, "at": (NIGHT + timedelta(seconds=self.n)).isoformat()}

    def decides(self, person: str, verb: str, kind: str, **body: object) -> None:
        """A command typed in Slack, its ack, and the entry that comes of it."""
        payload = {"user_id": f"U0{person.upper()}", "command": "/drop", "text": f"{verb} CR-001"}
        request = {"envelope_id": f"e{self.n}", "payload": payload}
        delivered = {"kind": "deliver", "method": "slash_commands", "request": request, "response": None, "status": 200}
        self.slack.append(self.tick() | delivered)
        self.enters(kind, by=person, body=body)
        self.slack.append(self.tick() | {"kind": "ack", "method": "ack", "request": {}, "response": {}, "status": None})

    def enters(self, kind: str, *, by: str = "bot", body: Row | None = None, **more: object) -> None:
        at = self.tick()["at"]
        self.record.append({"kind": kind, "at": at, "by": by, "deployment": "CR-001", "body": (body or {}) | more})

    def posts(self, notice: str) -> None:
        metadata = {"event_type": "drop_message", "event_payload": {"id": notice}}
        posted = {"kind": "api", "method": "chat.postMessage", "request": {"metadata": metadata}, "status": 200}
        self.slack.append(self.tick() | posted | {"response": {"ok": True, "channel": "C0", "ts": str(self.n)}})

    def asks_fly(self, method: str, path: str, **more: object) -> None:
        entry: Row = {"method": method, "path": f"/fly/v1/apps/drop-app/machines/{path}", "headers": {}, "body": None}
        self.fly.append(self.tick() | entry | {"status": 200, "response": None, "applied": True} | more)

    def reads(self, machine: str, version: str, image: str) -> None:
        config = {"image": f"registry.fly.io/drop-app@{image}"}
        self.asks_fly("GET", machine, response={"id": machine, "instance_id": version, "config": config})

    def leases(self, machine: str) -> None:
        ends = int((NIGHT + timedelta(seconds=self.n + 13)).timestamp())
        data = {"nonce": f"nonce-{machine}", "expires_at": ends}
        self.asks_fly("POST", f"{machine}/lease", status=201, response={"status": "success", "data": data})

    def updates(self, machine: str, version: str, image: str) -> None:
        """A request to update the machine, under its lease."""
        body = {"config": {"image": f"registry.fly.io/drop-app@{image}"}, "current_version": version}
        headers = {"fly-machine-lease-nonce": f"nonce-{machine}"}
        self.asks_fly("POST", machine, body=body, headers=headers, response={"id": machine})

    def intends(self, machine: str, version: str, step: str = "deploy-trigger") -> None:
        key = f"CR-001/{step}/{machine}"
        self.enters("machine.update.intended", machine=machine, before=version, step=step, key=key)

    def moves(self, machine: str, step: str, image: str) -> None:
        """Everything that belongs to one machine's update."""
        self.reads(machine, f"{step}-before", OLD if image == NEW else NEW)
        self.leases(machine)
        self.intends(machine, f"{step}-before", step)
        self.updates(machine, f"{step}-before", image)
        self.asks_fly("DELETE", f"{machine}/lease", headers={"fly-machine-lease-nonce": f"nonce-{machine}"})

    def violated(self, checklist: Row | None = CHECKLIST) -> list[str]:
        """The names of the invariants that do not hold, once each."""
        found = check_history(chained(self.record), self.fly, self.slack, checklist)
        return list(dict.fromkeys(violation.invariant for violation in found))

    def last(self, kind: str) -> Row:
        return next(row for row in reversed(self.record) if row["kind"] == kind)

    def last_update(self) -> Row:
        return next(row for row in reversed(self.fly) if row["method"] == "POST" and row["body"])


def canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def chained(record: list[Row]) -> list[Row]:
    """The entries with their places in the chain. A row that brings its own `hash` keeps it."""
    rows: list[Row] = []
    for seq, row in enumerate(record, start=1):
        content = {"seq": seq, "previous": rows[-1]["hash"] if rows else "0" * 64, **row}
        rows.append({"hash": sha256(canonical(content)), **content})
    return rows


def asks_for_approval(told: Told, plan: Row = PLAN) -> None:
    told.decides("john", "submit", "approval.requested", plan=sha256(canonical(plan)), content=plan)


def approves(told: Told, plan: Row = PLAN) -> None:
    told.decides("alem", "approve", "deployment.approved", plan=sha256(canonical(plan)), digest=NEW)


def starts(told: Told) -> None:
    told.decides("john", "start", "deployment.started")
    told.enters("plan.confirmed", plan=sha256(canonical(PLAN)))


def ready_to_go() -> Told:
    """Opened, approved, started, announced: the next thing is the first machine."""
    told = Told()
    told.decides("john", "deploy", "deployment.opened")
    asks_for_approval(told)
    approves(told)
    starts(told)
    told.enters("step.started", step="announce-start")
    told.posts("CR-001/announce-start")
    told.enters("step.done", step="announce-start")
    told.enters("step.started", step="deploy-trigger")
    return told


def release() -> Told:
    told = ready_to_go()
    for machine in (FIRST, SECOND):
        told.moves(machine, "deploy-trigger", NEW)
    told.enters("step.done", step="deploy-trigger")
    told.enters("deployment.deployed")
    told.decides("john", "signoff", "deployment.signed_off", sign_off="signoff-deployed")
    return told


def release_and_back() -> Told:
    told = release()
    told.decides("alem", "rollback", "rollback.started")
    told.enters("step.started", step="rb-announce")
    told.enters("step.done", step="rb-announce")
    told.enters("step.started", step="rb-deploy")
    for machine in (FIRST, SECOND):
        told.moves(machine, "rb-deploy/1", OLD)
    told.enters("step.done", step="rb-deploy")
    told.enters("rollback.completed")
    return told


@pytest.mark.parametrize("told", [ready_to_go(), release(), release_and_back()], ids=["begun", "done", "undone"])
def test_a_clean_history_holds(told: Told) -> None:
    assert told.violated() == []


# Each forgery breaks one invariant, and the oracle must name that one alone.


def another_image_is_sent() -> Told:
    told = release()
    told.last_update()["body"]["config"]["image"] = f"registry.fly.io/drop-app@{OTHER}"
    return told


def an_image_is_sent_by_its_tag() -> Told:
    told = release()
    told.last_update()["body"]["config"]["image"] = "registry.fly.io/drop-app:v0.5.0"
    return told


def the_old_image_is_sent_and_nobody_rolls_back() -> Told:
    told = ready_to_go()
    told.moves(FIRST, "deploy-trigger", OLD)
    return told


def a_plan_was_shown_under_a_false_digest() -> Told:
    told = ready_to_go()
    told.last("approval.requested")["body"]["content"] = PLAN | {"commands": ["rm"]}
    return told


def another_plan_was_signed() -> Told:
    told = ready_to_go()
    asked, signed = told.last("approval.requested"), told.last("deployment.approved")
    told.record.insert(0, asked | {"deployment": "CR-000", "by": "bot", "kind": "note"})
    signed["body"]["plan"] = "f" * 64
    return told


def another_plan_was_confirmed() -> Told:
    told = ready_to_go()
    told.last("plan.confirmed")["body"]["plan"] = "f" * 64
    return told


def machines_move_before_the_plan_is_confirmed() -> Told:
    told = release()
    told.record.remove(told.last("plan.confirmed"))
    return told


def the_requester_approves() -> Told:
    told = ready_to_go()
    plan = PLAN | {"requester": "alem"}
    digest = sha256(canonical(plan))
    told.last("approval.requested")["body"].update(plan=digest, content=plan)
    told.last("deployment.approved")["body"]["plan"] = digest
    told.last("plan.confirmed")["body"]["plan"] = digest
    return told


def someone_who_is_no_approver_approves() -> Told:
    told = Told()
    told.decides("john", "deploy", "deployment.opened")
    asks_for_approval(told)
    told.decides("validator", "approve", "deployment.approved", plan=sha256(canonical(PLAN)), digest=NEW)
    return told


def it_starts_before_the_window() -> Told:
    told = ready_to_go()
    told.last("deployment.started")["at"] = "2026-11-25T00:59:59+00:00"
    return told


def it_starts_on_a_monday() -> Told:
    told = ready_to_go()
    told.last("deployment.started")["at"] = "2026-11-23T02:00:00+00:00"
    return told


def it_starts_on_christmas_eve() -> Told:
    told = ready_to_go()
    told.last("deployment.started")["at"] = "2026-12-24T02:00:00+00:00"
    return told


def a_machine_moves_after_the_window() -> Told:
    told = ready_to_go()
    told.moves(FIRST, "deploy-trigger", NEW)
    moved = {"at": "2026-11-25T05:00:00+00:00"}
    told.record[-1].update(moved)
    for entry in told.fly:
        entry.update(moved)
        if entry["path"].endswith("/lease") and entry["response"]:
            entry["response"]["data"]["expires_at"] += 4 * 3600
    return told


def an_update_has_no_intent() -> Told:
    told = release()
    told.record.remove(told.last("machine.update.intended"))
    return told


def an_intent_comes_after_its_update() -> Told:
    told = release()
    told.last("machine.update.intended")["at"] = (NIGHT + timedelta(seconds=told.n)).isoformat()
    return told


def two_updates_have_one_intent() -> Told:
    told = ready_to_go()
    told.moves(FIRST, "deploy-trigger", NEW)
    told.fly.pop()
    told.reads(FIRST, "deploy-trigger-before", OLD)
    told.updates(FIRST, "deploy-trigger-before", NEW)
    return told


def a_machine_moves_after_the_halt() -> Told:
    told = ready_to_go()
    told.moves(FIRST, "deploy-trigger", NEW)
    told.enters("deployment.halted")
    told.moves(SECOND, "deploy-trigger", NEW)
    return told


def an_update_is_sent_again_unread() -> Told:
    told = ready_to_go()
    told.moves(FIRST, "deploy-trigger", NEW)
    told.fly.pop()
    told.intends(FIRST, "deploy-trigger-before")
    told.updates(FIRST, "deploy-trigger-before", NEW)
    return told


def an_update_bears_no_nonce() -> Told:
    told = release()
    told.last_update()["headers"] = {}
    return told


def an_update_bears_the_nonce_of_another_machine() -> Told:
    told = release()
    told.last_update()["headers"] = {"fly-machine-lease-nonce": f"nonce-{FIRST}"}
    return told


def the_lease_had_run_out() -> Told:
    told = release()
    for entry in told.fly:
        if entry["path"].endswith("/lease") and entry["response"]:
            entry["response"]["data"]["expires_at"] -= 14
    return told


def the_lease_was_released() -> Told:
    told = release()
    update, release_of_it = told.fly[-2], told.fly[-1]
    release_of_it["n"], release_of_it["at"] = update["n"] - 1, update["at"]
    return told


def an_update_names_no_version() -> Told:
    told = release()
    told.last_update()["body"]["current_version"] = ""
    told.last("machine.update.intended")["body"]["before"] = ""
    return told


def one_command_signs_twice() -> Told:
    told = release()
    told.enters("deployment.signed_off", by="john", sign_off="signoff-deployed")
    return told


def a_payload_is_never_acked() -> Told:
    told = release()
    told.slack[-2]["status"] = None
    return told


def it_starts_without_the_approval_of_anyone() -> Told:
    told = Told()
    told.decides("john", "deploy", "deployment.opened")
    told.decides("john", "start", "deployment.started")
    return told


def a_step_is_left_out() -> Told:
    told = release()
    told.record = [row for row in told.record if row["body"].get("step") != "announce-start"]
    return told


def an_abandoned_deployment_goes_on() -> Told:
    told = ready_to_go()
    told.decides("john", "abandon", "deployment.abandoned")
    return told


def an_entry_was_rewritten() -> Told:
    told = release()
    told.record = chained(told.record)
    told.last("step.done")["body"]["note"] = "all was well"
    return told


def a_notice_is_posted_twice() -> Told:
    told = release()
    told.posts("CR-001/announce-start")
    return told


FORGERIES: dict[str, list[Callable[[], Told]]] = {
    "I1": [another_image_is_sent, an_image_is_sent_by_its_tag, the_old_image_is_sent_and_nobody_rolls_back],
    "I2": [
        a_plan_was_shown_under_a_false_digest,
        another_plan_was_signed,
        another_plan_was_confirmed,
        machines_move_before_the_plan_is_confirmed,
    ],
    "I3": [the_requester_approves, someone_who_is_no_approver_approves],
    "I4": [
        it_starts_before_the_window,
        it_starts_on_a_monday,
        it_starts_on_christmas_eve,
        a_machine_moves_after_the_window,
    ],
    "I6": [an_update_has_no_intent, an_intent_comes_after_its_update, two_updates_have_one_intent],
    "I7": [a_machine_moves_after_the_halt],
    "I8": [an_update_is_sent_again_unread],
    "I9": [
        an_update_bears_no_nonce,
        an_update_bears_the_nonce_of_another_machine,
        the_lease_had_run_out,
        the_lease_was_released,
        an_update_names_no_version,
    ],
    "I11": [one_command_signs_twice, a_payload_is_never_acked],
    "I12": [it_starts_without_the_approval_of_anyone, a_step_is_left_out, an_abandoned_deployment_goes_on],
    "I13": [an_entry_was_rewritten],
    "notices": [a_notice_is_posted_twice],
}
EACH = [(name, forged) for name, several in FORGERIES.items() for forged in several]


@pytest.mark.parametrize(("name", "forged"), EACH, ids=[f"{name}-{forged.__name__}" for name, forged in EACH])
def test_a_forged_history_is_found_by_the_invariant_that_it_breaks(name: str, forged: Callable[[], Told]) -> None:
    told = forged()

    violated = told.violated()

    assert [invariant.split(" ")[0] for invariant in violated] == [name]


def test_every_invariant_has_a_forgery() -> None:
    assert [name.split(" ")[0] for name in INVARIANTS] == list(FORGERIES)


def test_a_missing_entry_is_found_by_the_gap_that_it_leaves() -> None:
    rows = chained(release().record)
    del rows[-1]
    del rows[1]

    found = check_history(rows, [], [])

    assert "I13 the chain verifies: entry 2 is missing" in [str(violation) for violation in found]


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

    assert read_record(path) == rows
