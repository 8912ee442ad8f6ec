"""A small workplace: each kind of proof, each kind of step, and people who could do wrong in every way."""

import copy
from dataclasses import dataclass
from functools import cache
from typing import Any  # the checklist is a document: the oracle reads it as YAML gives it

import yaml

from checklist.calendar import Calendar
from checklist.definition import Checklist
from checklist.loading import parse
from checklist.words import MigrateWhen
from sandbox.fly.opening import TWO_MACHINES, Fleet

Document = dict[str, Any]

TEXT = """
version: 1
product: Drop
workspace: {team_id: T0ALAI, channel_id: C0DROPDEPLOY}
people:
  john: {name: John, kind: agent, slack: [U0JOHN], github: []}
  nina: {name: Nina, kind: human, slack: [U0NINA, U0NINASPHONE], github: []}
  alem: {name: Alem, kind: human, slack: [U0ALEM], github: []}
  validator: {name: Validator, kind: agent, slack: [U0VALIDATOR], github: []}
  idle: {name: Idle, kind: human, slack: [U0IDLE], github: []}
roles:
  deploy-engineer: [john, nina]
  ai-director: [john]
  tech-lead: [john]
  rollback-owner: [john]
  ceo: [alem]
  approver: [alem, nina, validator]
  on-call: [alem]
  reviewer: [john, alem]
  validator: [validator]
apps:
  staging: {name: drop-staging, url: "https://drop-staging.fly.dev", machines: 1}
  production: {name: drop-app, url: "https://getdrop.no", machines: 2}
calendar:
  zone: Europe/Oslo
  window: {days: [tue, wed, thu], start: "02:00", end: "06:00", warn_start_after: "05:00"}
  holidays: {country: "NO", also: ["12-24"]}
  blackouts: []
sections:
  - id: before
    title: Before
    phase: pre
    items:
      - {id: staged, text: On staging, proof: auto, role: deploy-engineer, ttl: 15m, waivable: false,
         check: {kind: fly.image_digest, app: "${staging_app}", digest: "${digest}"}, evidence: machines}
      - {id: secrets, text: Secrets are there, proof: auto+confirm, role: reviewer, distinct_from: [requester],
         check: {kind: fly.secrets_present, app: "${prod_app}", names: [JWT_SECRET]}, evidence: digests}
      - {id: reviewed, text: Reviewed, proof: auto, role: reviewer,
         check: {kind: github.check_run, ref: "${sha}", check: unit}, evidence: run}
      - {id: tried-out, text: Tried out, proof: attest, role: validator, check: {kind: attest}, evidence: words}
      - {id: owner, text: Somebody owns the way back, proof: acknowledge, role: rollback-owner, needed_for: start,
         check: {kind: bot.ack, role: rollback-owner}, evidence: click}
      - {id: backup-taken, text: A backup, proof: attest, role: deploy-engineer, needed_for: start, when: migrations,
         waivable: false, check: {kind: attest}, evidence: words}
      - {id: window-confirmed, text: The window is open, proof: auto, role: deploy-engineer, needed_for: start,
         waivable: false, check: {kind: calendar}, evidence: window}
      - {id: change-approved, text: Approved, proof: acknowledge, role: approver, needed_for: start, waivable: false,
         check: {kind: bot.approval, roles: [approver]}, evidence: signature}
  - id: during
    title: During
    phase: during
    items:
      - {id: announce-start, text: Announce, proof: auto, role: deploy-engineer,
         check: {kind: slack.post, channel: "${channel_id}", template: announce_start}, evidence: ts}
      - {id: maintenance-on, text: Close the door, proof: auto, role: deploy-engineer, when: maintenance,
         check: {kind: fly.env_set, app: "${prod_app}", env: {MAINTENANCE_MODE: "true"}}, evidence: machines}
      - {id: deploy-trigger, text: Roll out, proof: auto, role: deploy-engineer,
         check: {kind: fly.rollout, app: "${prod_app}", digest: "${digest}", poll: 1s, reads: 2, grace: 3s,
                 wait_timeout: 1m}, evidence: machines}
      - {id: migrate-up, text: Migrate, proof: auto, role: deploy-engineer, when: migrations, waivable: false,
         check: {kind: fly.exec, app: "${prod_app}", command: [npm, run, "db:migrate"], exit_code: 0, timeout: 20s,
                 once_per_change: true, status: [npm, run, "db:migrate:status"]}, evidence: output}
      - {id: prod-smoke, text: Smoke test, proof: attest, role: validator, check: {kind: attest}, evidence: words}
      - {id: prod-health, text: Healthy, proof: auto, role: deploy-engineer,
         check: {kind: fly.machine_checks, app: "${prod_app}", min_machines: 2}, evidence: checks}
      - {id: maintenance-off, text: Open the door, proof: auto, role: deploy-engineer, when: maintenance,
         check: {kind: fly.env_set, app: "${prod_app}", env: {MAINTENANCE_MODE: "false"}}, evidence: machines}
      - {id: announce-complete, text: Announce, proof: auto, role: deploy-engineer,
         check: {kind: slack.post, channel: "${channel_id}", template: announce_complete}, evidence: ts}
  - id: after
    title: After
    phase: post
    needed_for: 15m
    items:
      - {id: still-healthy, text: Still healthy, proof: auto, role: validator,
         check: {kind: fly.image_digest, app: "${prod_app}", digest: "${digest}"}, evidence: machines}
      - {id: looked-at, text: Looked at, proof: attest, role: validator, check: {kind: attest}, evidence: words}
rollback:
  - {id: rb-announce, text: Announce, role: rollback-owner}
  - {id: rb-deploy, text: Roll back, role: rollback-owner}
  - {id: rb-migrate-down, text: Migrate back, role: rollback-owner, when: migrations,
     check: {kind: fly.exec, app: "${prod_app}", command: [npm, run, "db:migrate:down"], timeout: 20s,
             once_per_change: true, status: [npm, run, "db:migrate:status"]}}
  - {id: rb-verify-health, text: Healthy, role: rollback-owner}
  - {id: rb-verify-smoke, text: Smoke test, role: validator}
sign_offs:
  - {id: signoff-pre, text: Before, roles: [deploy-engineer]}
  - {id: signoff-verified, text: After, roles: [validator]}
"""

DOCUMENT: Document = yaml.safe_load(TEXT)
STRANGERS = ("U0STRANGER", "U0GUEST")


_BEFORE = {**DOCUMENT["apps"]["production"], "migrate": "before"}

# The same workplace on other days: roles went to other people, or the database is migrated first.
_ELSE: tuple[Document, ...] = (
    {},
    {"roles": {"approver": ["nina"]}},
    {"roles": {"deploy-engineer": ["nina"]}},
    {"roles": {"approver": ["alem"], "on-call": ["idle"]}},
    {"apps": {"production": _BEFORE}},
    {"roles": {"approver": ["alem"], "deploy-engineer": ["john"]}},
)
DAYS = len(_ELSE)
ACCOUNTS_DAY = DAYS - 1  # everybody whom the bot writes to has an account in the sandbox's Slack


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What the checklist, or production, has beside the usual."""

    migrates: MigrateWhen | None = None  # when the database is migrated, and a snapshot is the backup before it
    rehearses: bool = False
    fleet: Fleet = TWO_MACHINES
    max_unavailable: int | None = None
    slower: float = 0.0  # seconds that each move of a machine takes longer


PLAIN = Extras()
_SNAPSHOT: Document = yaml.safe_load(
    """
    {id: backup-taken, text: Backed up, proof: auto, role: deploy-engineer, when: migrations, waivable: false,
     needed_for: start, evidence: snapshot,
     check: {kind: fly.snapshot, app: "${db_app}", volume: "${db_volume}", max_age: 60m}}
    """
)
_REHEARSAL: Document = yaml.safe_load(
    """
    {id: rollback-rehearsed, text: Rehearsed, proof: auto, role: deploy-engineer, ttl: 72h, waivable: false,
     check: {kind: bot.rehearsal, app: "${staging_app}", to: "${rollback_digest}", then: "${digest}"},
     evidence: seconds}
    """
)


@cache
def document(day: int, extras: Extras = PLAIN) -> Document:
    """The checklist file as YAML gives it, with what is else on one of the days."""
    found = DOCUMENT | {part: {**DOCUMENT[part], **other} for part, other in _ELSE[day].items()}
    return found if extras == PLAIN else _with(copy.deepcopy(found), extras)


def _with(found: Document, extras: Extras) -> Document:
    before, production = found["sections"][0]["items"], found["apps"]["production"]
    production["machines"] = extras.fleet.size
    if extras.max_unavailable:
        production["max_unavailable"] = extras.max_unavailable
    if extras.rehearses:
        before.append(_REHEARSAL)
    if extras.migrates:
        production["migrate"] = str(extras.migrates)
        found["database"] = {"app": "drop-db", "volume": "vol_0drop", "max_connections": 100}
        before[:] = [_SNAPSHOT if item["id"] == _SNAPSHOT["id"] else item for item in before]
    return found


@cache
def checklist(day: int, extras: Extras = PLAIN) -> Checklist:
    """The same file as the product reads it."""
    return parse(yaml.safe_dump(document(day, extras), allow_unicode=True), "checklist.yml")


@cache
def calendar(day: int) -> Calendar:
    """When that checklist lets deployments go forward."""
    return Calendar(checklist(day).window)
