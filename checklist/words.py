"""The identifiers and small closed vocabularies that every layer shares."""

from enum import StrEnum
from typing import NewType

DeploymentId = NewType("DeploymentId", str)  # the change request: "CR-001"
ItemId = NewType("ItemId", str)  # "staging-health"
PersonId = NewType("PersonId", str)  # "alem"
PlanDigest = NewType("PlanDigest", str)  # 64 hex digits
ImageDigest = NewType("ImageDigest", str)  # "sha256:…"
MachineId = NewType("MachineId", str)
RunId = NewType("RunId", str)  # "deploy/CR-001/1"


class Role(StrEnum):
    """What a person may be asked for. The checklist file binds each role to people."""

    DEPLOY_ENGINEER = "deploy-engineer"
    AI_DIRECTOR = "ai-director"
    TECH_LEAD = "tech-lead"
    ROLLBACK_OWNER = "rollback-owner"
    CEO = "ceo"
    APPROVER = "approver"
    ON_CALL = "on-call"
    REVIEWER = "reviewer"
    VALIDATOR = "validator"


class Kind(StrEnum):
    """A person is a human or an agent. Agents never approve, waive or thaw."""

    HUMAN = "human"
    AGENT = "agent"


class Phase(StrEnum):
    """The part of a deployment to which a section of the checklist belongs."""

    PRE = "pre"
    DURING = "during"
    POST = "post"
    ROLLBACK_TRIGGER = "rollback-trigger"
    EMERGENCY = "emergency"


class NeededFor(StrEnum):
    """The moment before which an item must be settled."""

    SUBMIT = "submit"
    START = "start"
    WITHIN_15_MINUTES = "15m"
    WITHIN_30_MINUTES = "30m"
    WITHIN_60_MINUTES = "60m"


class Proof(StrEnum):
    """How an item is settled: by a check, a check and a person, one button, or a statement."""

    AUTO = "auto"
    AUTO_CONFIRM = "auto+confirm"
    ACKNOWLEDGE = "acknowledge"
    ATTEST = "attest"


class Condition(StrEnum):
    """When an item or step applies at all."""

    MIGRATIONS = "migrations"
    MAINTENANCE = "maintenance"


class StrategyName(StrEnum):
    """How a fleet is brought to another version."""

    ROLLING = "rolling"
    BLUEGREEN = "bluegreen"
    CANARY = "canary"
    IMMEDIATE = "immediate"


class Restores(StrEnum):
    """What a way back restores."""

    IMAGE = "image"  # on the configuration as it is by then, as flyctl does
    CONFIG = "config"  # with the configuration that was kept of each machine


class MigrateWhen(StrEnum):
    """When the database is migrated: the old version must bear what the new one needs, or the other way round."""

    BEFORE = "before"  # the rollout
    AFTER = "after"


class Tie(StrEnum):
    """Whom the person who settles an item must not be."""

    REQUESTER = "requester"
    ENGINEER = "engineer"
    AUTHOR = "author"
