"""A deployment's own row, from the domain's value and back."""

from collections.abc import Mapping

from sqlalchemy import Row

from checklist.calendar import Window
from checklist.deployment import Approval, Deployment, Signature
from checklist.marks import Mark
from checklist.moves import Status
from checklist.plan import Plan
from checklist.release import Release
from checklist.steps import Step
from checklist.words import ItemId, Restores, StrategyName
from storage.codec import standings_body, standings_of

Columns = dict[str, object]

RELEASE = (
    "version",
    "image",
    "digest",
    "commit",
    "customers",
    "risk",
    "security",
    "outcome",
    "migrations",
    "maintenance",
    "strategy",
)
OWN = (
    "id",
    "app",
    "revision",
    "requester",
    "engineer",
    "checklist",
    "mutated",
    "reason",
    "opened_at",
    "deployed_at",
    "ended_at",
)


def row_of(deployment: Deployment) -> Columns:
    window = deployment.window
    return {
        **{name: getattr(deployment, name) for name in OWN},
        **{name: getattr(deployment.release, name) for name in RELEASE},
        "number": int(deployment.id.removeprefix("CR-")),
        "status": str(deployment.status),
        "restores": str(deployment.restores),
        "standings": standings_body(deployment.standings) if deployment.standings else None,
        "attempts": dict(deployment.attempts),
        "plan": deployment.plan.digest if deployment.plan else None,
        "window_opens": window.opens if window else None,
        "window_closes": window.closes if window else None,
        "window_zone": window.zone if window else None,
    }


def deployment_of(
    row: Row[*tuple[object, ...]],
    *,
    marks: Mapping[ItemId, Mark],
    steps: tuple[Step, ...],
    signatures: tuple[Signature, ...],
    plan: Plan | None,
    approval: Approval | None,
) -> Deployment:
    """The aggregate from its row and its parts."""
    columns = row._mapping
    return Deployment(
        **{name: columns[name] for name in OWN},
        release=Release(**{**{name: columns[name] for name in RELEASE}, "strategy": StrategyName(row.strategy)}),
        status=Status(row.status),
        restores=Restores(row.restores),
        standings=standings_of(row.standings) if row.standings else None,
        attempts=row.attempts,
        window=Window(row.window_opens, row.window_closes, row.window_zone) if row.window_opens else None,
        marks=marks,
        steps=steps,
        signatures=signatures,
        plan=plan,
        approval=approval,
    )
