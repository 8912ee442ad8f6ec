"""Assembling a plan, purely, from a deployment, the newest survey and the checklist."""

from datetime import timedelta

from checklist.books import MIGRATION
from checklist.definition import Checklist
from checklist.deployment import Deployment
from checklist.kinds import FlyExec
from checklist.marks import Mark
from checklist.plan import Plan, Result, Survey
from checklist.words import ItemId, NeededFor

FRESH = timedelta(minutes=15)
MIGRATE = ("npm", "run", "db:migrate")


def assemble(deployment: Deployment, survey: Survey, checklist: Checklist) -> Plan:
    """Exactly what would be done to production if this were started now."""
    release, window = deployment.release, deployment.window
    needed = [item for item in checklist.items() if item.needed_for is NeededFor.SUBMIT]
    return Plan(
        deployment=deployment.id,
        version=release.version,
        app=deployment.app,
        image=release.digest,
        rollback_version=survey.running_version,
        rollback=survey.running,
        machines=survey.machines,
        maintenance=release.maintenance,
        commands=(_migration(checklist),) if release.migrations else (),
        secrets=dict(survey.secrets),
        staged=survey.staged,
        requester=deployment.requester,
        engineer=deployment.engineer,
        window=f"{window.opens.isoformat()}/{window.closes.isoformat()}" if window else None,
        checklist=checklist.revision,
        strategy=release.strategy,
        migrate=checklist.production.migrate,
        max_unavailable=checklist.production.max_unavailable,
        results=tuple(_result(item.id, deployment.mark(item.id)) for item in needed),
    )


def _migration(checklist: Checklist) -> str:
    """The command that the checklist has for it; without one, what a person runs by hand."""
    item = checklist.item(MIGRATION)
    params = item.check.params if item and item.check else None
    return " ".join(params.command if isinstance(params, FlyExec) else MIGRATE)


def _result(item: ItemId, mark: Mark) -> Result:
    return Result(item=item, state=mark.state, by=mark.confirmed_by or mark.by)
