"""The doctor at Fly: tokens, machines, the image of the way back, and the apps' own health."""

from datetime import timedelta

from bot.findings import Finding, found, ok, warning, wrong
from bot.ground import Basis, Outside
from bot.settings import WHERE
from checklist.definition import App
from checklist.kinds import Check, CheckKind, HttpProbe
from checklist.marks import Outcome
from fly.account import FlyAccount

REGISTRY_WITHIN = timedelta(seconds=5)


async def examine_fly(basis: Basis, outside: Outside) -> list[Finding]:
    findings = [await _token(name, account) for name, account in outside.accounts.items()]
    for app in (basis.checklist.production, basis.checklist.staging):
        findings += await _app(app, outside)
    advice = "Nothing can be opened or rolled back while the registry does not answer"
    production = basis.checklist.production
    return [*findings, await found(lambda: _image(production, outside), "The image of the way back", advice)]


async def _token(name: str, account: FlyAccount) -> Finding:
    async def look() -> Finding:
        reach = await account.reach()
        return ok(f"{name} is known to Fly, for {', '.join((*reach.organisations, *reach.apps)) or 'nothing named'}")

    return await found(look, name, f"Make a new one: {WHERE['fly_api_token']}")


async def _app(app: App, outside: Outside) -> list[Finding]:
    advice = f"FLY_API_TOKEN needs a deploy token for {app.name}: {WHERE['fly_api_token']}"
    return [
        await found(lambda: _machines(app, outside), f"The machines of {app.name}", advice),
        await _health(app, outside),
    ]


async def _machines(app: App, outside: Outside) -> Finding:
    machines = await outside.fleet.machines(app.name)
    if len(machines) != app.machines:
        advice = "Correct the checklist, or the number of machines: a deployment moves every one of them"
        return wrong(f"{app.name} has {len(machines)} machines, the checklist says {app.machines}", advice)
    sick = [machine.id for machine in machines if not machine.healthy]
    if sick:
        return warning(f"{app.name}: {', '.join(sick)} not healthy", "See to it before anything is deployed")
    return ok(f"{app.name} has {len(machines)} machines, all healthy")


async def _health(app: App, outside: Outside) -> Finding:
    probe = HttpProbe(url=f"{app.url}/api/health", json_subset={"status": "ok"})
    verdict = await outside.checkers[CheckKind.HTTP_PROBE](Check(probe))
    if verdict.outcome is Outcome.PASSED:
        return ok(verdict.reason)
    return warning(verdict.reason, f"See to {app.name} before anything is deployed, or correct its url")


async def _image(app: App, outside: Outside) -> Finding:
    """What a rollback would bring back must be where machines can pull it."""
    running = min(await outside.fleet.machines(app.name), key=lambda machine: machine.id)
    if await outside.registry.digest(app.name, running.digest, within=REGISTRY_WITHIN) is None:
        return wrong(f"The registry lost the image that {app.name} runs", "Push it again: a rollback could not pull it")
    return ok(f"The registry has the image that {app.name} runs ({running.tag or running.digest[7:19]})")
