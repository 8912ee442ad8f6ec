"""A history that is made up, entry by entry and request by request, for the oracle to judge."""

import copy
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from sandbox.history import Cell, check_history

# Rows as SQLite and the logs give them: each is forged in its own way.
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
    roles: {deploy-engineer: [john], approver: [alem], on-call: [alem], validator: [validator]}
    sections:
      - phase: pre
        items:
          - {id: deployed, proof: auto, ttl: 15m, waivable: false, check: {digest: "${digest}"}}
          - {id: looks-right, proof: auto+confirm, role: validator}
          - {id: tried-out, proof: attest, role: validator}
          - {id: backup-taken, proof: auto, when: migrations, needed_for: start}
          - {id: change-approved, proof: acknowledge, needed_for: start}
      - phase: during
        items:
          - {id: announce-start}
          - {id: maintenance-on, when: maintenance}
          - {id: deploy-trigger}
          - id: migrate-up
            when: migrations
            check: {kind: fly.exec, command: [npm, run, "db:migrate"], once_per_change: true}
      - {phase: post, needed_for: 15m, items: [{id: answers, proof: auto}]}
    rollback: [{id: rb-announce}, {id: rb-deploy}]
    """
)
PLAN = {
    "image": NEW,
    "rollback": OLD,
    "requester": "john",
    "engineer": "john",
    "window": "2026-11-25T01:00:00+00:00/2026-11-25T05:00:00+00:00",
    "results": [
        {"item": "deployed", "state": "passed", "by": "bot"},
        {"item": "looks-right", "state": "passed", "by": "validator"},
        {"item": "tried-out", "state": "attested", "by": "validator"},
    ],
}


@dataclass
class Told:
    """A history that is written down as it goes: each thing a second after the one before it."""

    record: list[Row] = field(default_factory=list)
    fly: list[Row] = field(default_factory=list)
    slack: list[Row] = field(default_factory=list)
    notices: list[Row] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    n: int = 0

    def tick(self) -> Row:
        self.n += 1
        return {"n": self.n, "at": (NIGHT + timedelta(seconds=self.n)).isoformat()}

    def later(self, by: timedelta) -> None:
        """So much time passes, and the bot still asks Fly.io each minute."""
        for _ in range(by // timedelta(minutes=1)):
            self.n += 59
            self.asks_fly("GET", "", response=[])

    def decides(self, person: str, verb: str, kind: str, **body: object) -> None:
        """A command typed in Slack, its ack, and the entry that comes of it."""
        payload = {"user_id": f"U0{person.upper()}", "command": "/drop", "text": f"{verb} CR-001"}
        request = {"envelope_id": f"e{self.n}", "payload": payload}
        delivered = {"kind": "deliver", "method": "slash_commands", "request": request, "response": None, "status": 200}
        self.slack.append(self.tick() | delivered)
        self.enters(kind, by=person, body=body)
        self.slack.append(self.tick() | {"kind": "ack", "method": "ack", "request": {}, "response": {}, "status": None})

    def is_refused(self, person: str, verb: str, refusal: str) -> None:
        """A command typed in Slack, its ack, and the refusal that comes of it."""
        self.decides(person, verb, "ask.refused", refusal=refusal)
        row = self.last("ask.refused")
        row["deployment"], row["body"]["verb"] = None, f"{verb} CR-001"

    def checks(self, item: str, *, outcome: str = "passed", digest: str = NEW) -> None:
        """The bot reads an item's check."""
        self.enters("item.checked", item=item, outcome=outcome, reason="read", evidence={"digest": digest})

    def enters(self, kind: str, *, by: str = "bot", body: Row | None = None, **more: object) -> None:
        at = self.tick()["at"]
        self.record.append({"kind": kind, "at": at, "by": by, "deployment": "CR-001", "body": (body or {}) | more})

    def posts(self, id: str, text: str = "") -> None:
        """A message, with the head of the record as it is then."""
        payload = {"id": id, "head": len(self.record)}
        request = {"metadata": {"event_type": "drop_message", "event_payload": payload}, "text": text}
        posted = {"kind": "api", "method": "chat.postMessage", "request": request, "status": 200}
        self.slack.append(self.tick() | posted | {"response": {"ok": True, "channel": "C0", "ts": str(self.n)}})

    def edits(self, text: str) -> None:
        """The message that was posted before the last one is drawn anew."""
        where = self.slack[-2]["response"]
        edited = {"kind": "api", "method": "chat.update", "request": {"text": text}, "status": 200}
        self.slack.append(self.tick() | edited | {"response": where})

    def says(self, notice: str) -> None:
        """A notice that is queued, and posted."""
        self.notices.append({"number": len(self.notices) + 1, "id": f"CR-001/{notice}", "state": "sent"})
        self.posts(f"CR-001/{notice}")

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

    def undoes(self, machine: str, env: Row) -> None:
        """A machine is sent the old image with an environment."""
        self.moves(machine, "rb-deploy/1", OLD)
        self.last_update()["body"]["config"]["env"] = env

    def moves(self, machine: str, step: str, image: str) -> None:
        """Everything that belongs to one machine's update."""
        self.reads(machine, f"{step}-before", OLD if image == NEW else NEW)
        self.leases(machine)
        self.intends(machine, f"{step}-before", step)
        self.updates(machine, f"{step}-before", image)
        self.asks_fly("DELETE", f"{machine}/lease", headers={"fly-machine-lease-nonce": f"nonce-{machine}"})

    def at(self, row: Row) -> datetime:
        return datetime.fromisoformat(row["at"])

    def violated(self, checklist: Row | None = CHECKLIST) -> list[str]:
        """The names of the invariants that do not hold, once each."""
        record = chained(self.record)
        slack = [with_its_head(message, record) for message in self.slack]
        found = check_history(
            record, self.fly, slack, checklist, notices=self.notices, cells=self.cells, secrets=self.secrets
        )
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


def with_its_head(message: Row, record: list[Row]) -> Row:
    """The message with its head spelled out: the sequence becomes sequence and hash."""
    told = copy.deepcopy(message)
    payload = (told["request"].get("metadata") or {}).get("event_payload", {})
    seq = payload.get("head")
    if isinstance(seq, int):
        payload["head"] = f"{seq}:{record[seq - 1]['hash'][:12]}" if 0 < seq <= len(record) else f"{seq}:{'0' * 12}"
    return told


def opens(told: Told) -> None:
    told.decides("john", "deploy", "deployment.opened", digest=NEW)
    told.checks("deployed")
    told.checks("looks-right")
    told.decides("validator", "confirm", "item.confirmed", item="looks-right")
    told.decides("validator", "attest", "item.attested", item="tried-out")


def asks_for_approval(told: Told, plan: Row = PLAN) -> None:
    told.decides("john", "submit", "approval.requested", plan=sha256(canonical(plan)), content=plan)


def approves(told: Told, plan: Row = PLAN) -> None:
    told.decides("alem", "approve", "deployment.approved", plan=sha256(canonical(plan)), digest=NEW)


def starts(told: Told, plan: Row = PLAN) -> None:
    told.decides("john", "start", "deployment.started")
    told.checks("deployed")
    told.enters("plan.confirmed", plan=sha256(canonical(plan)))


def ready_to_go() -> Told:
    """Opened, approved, started, announced: the next thing is the first machine."""
    told = Told()
    opens(told)
    asks_for_approval(told)
    approves(told)
    starts(told)
    told.enters("step.started", step="announce-start")
    told.says("announce-start")
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


def completed() -> Told:
    """Verified and signed off, and everyone was told."""
    told = release()
    told.posts("CR-001/root", "CR-001 · Drop v0.5.0 · verifying · the last signature")
    told.checks("answers")
    told.enters("deployment.completed")
    told.says("completed")
    told.edits("CR-001 · Drop v0.5.0 · completed · nobody")
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
    told.says("rolled-back")
    return told


def release_and_undo() -> Told:
    """The rollout had changed the environment too, and the undo sets it back."""
    told = ready_to_go()
    for machine in (FIRST, SECOND):
        told.moves(machine, "deploy-trigger", NEW)
    for entry in told.fly:
        if entry["method"] == "GET":
            entry["response"]["config"]["env"] = {"LOG_LEVEL": "info"}
    told.enters("deployment.halted")
    told.decides("alem", "undo", "rollback.started", restores="config")
    for machine in (SECOND, FIRST):
        told.undoes(machine, {"LOG_LEVEL": "info"})
    return told
