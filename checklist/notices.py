"""What the bot says once, in the mission's own words."""

from dataclasses import replace

from checklist.calendar import day_and_clock
from checklist.deployment import Deployment
from checklist.drift import Drift, shortened
from checklist.marks import MarkState
from checklist.not_brought_back import not_brought_back
from checklist.ports import Notice
from checklist.words import DeploymentId, Restores

DRIFT = "drift/"  # how the id of a notice begins that asks for an acknowledgement; what it ends with is the drift's key
OF_NONE = DeploymentId("")


def _notice(deployment: Deployment, key: str, text: str) -> Notice:
    return Notice(id=f"{deployment.id}/{key}", deployment=deployment.id, text=text)


def _rollback_version(deployment: Deployment) -> str:
    return deployment.plan.rollback_version if deployment.plan else "the previous version"


def announce_start(deployment: Deployment, product: str) -> Notice:
    """Said once for each approval: what was withdrawn and approved anew is announced anew. Waivers are named."""
    key = f"announce-start/{deployment.approval.at:%Y%m%dT%H%M%S}" if deployment.approval else "announce-start"
    waived = [id for id, mark in deployment.marks.items() if mark.state is MarkState.WAIVED]
    without = f" — ⚠ waived: {', '.join(waived)}" if waived else ""
    return _notice(deployment, key, f"Deploying {product} v{deployment.release.version} to production{without}")


def announce_complete(deployment: Deployment, product: str, health: str) -> Notice:
    text = f"Deployment complete: {product} v{deployment.release.version} runs in production. Health: {health}"
    return _notice(deployment, "announce-complete", text)


def announce_rollback(deployment: Deployment) -> Notice:
    attempt = deployment.attempts.get("rollback", 1)
    with_it = ", with the configuration that was kept" if deployment.restores is Restores.CONFIG else ""
    text = f"Initiating rollback to {_rollback_version(deployment)}{with_it}"
    return _notice(deployment, f"rb-announce/{attempt}", text)


def rolled_back(deployment: Deployment, product: str) -> Notice:
    left = not_brought_back(deployment)
    but = f". Not brought back: {'; '.join(left)}" if left else ""
    text = f"Rolled back: {product} {_rollback_version(deployment)} runs in production again{but}"
    return _notice(deployment, f"rolled-back/{deployment.attempts.get('rollback', 1)}", text)


def rollback_incomplete(deployment: Deployment) -> Notice:
    attempt = deployment.attempts.get("rollback", 1)
    return _notice(deployment, f"rollback-incomplete/{attempt}", f"Rollback is not complete: {deployment.reason}")


def approval_requested(deployment: Deployment) -> Notice:
    digest = deployment.plan.digest[:8] if deployment.plan else ""
    when = f", for {deployment.window.words}" if deployment.window else ""
    text = f"{deployment.id} v{deployment.release.version} asks for approval of plan {digest}{when}"
    return _notice(deployment, f"submitted/{deployment.revision}", text)


def approved(deployment: Deployment, by: str) -> Notice:
    digest = deployment.approval.plan[:8] if deployment.approval else ""
    return _notice(deployment, f"approved/{deployment.revision}", f"{deployment.id} approved by {by}: plan {digest}")


def receipt(deployment: Deployment, user: str, *, product: str, signer: str) -> Notice:
    """What a signer has signed, for themselves: in a direct message."""
    release, approval = deployment.release, deployment.approval
    plan, at = (approval.plan[:8], approval.at) if approval else ("", deployment.opened_at)
    when = deployment.window.words if deployment.window else "at once, as an emergency"
    text = (
        f"Receipt: {signer} signed plan {plan} of {deployment.id} at {day_and_clock(at)}. "
        f"It lets {product} v{release.version} (image {release.digest[7:15]}) go to production: {when}. "
        f"Until production is touched, /drop withdraw {deployment.id} takes it back."
    )
    return replace(_notice(deployment, f"receipt/{deployment.revision}/{user}", text), to=user)


def withdrawn(deployment: Deployment, by: str) -> Notice:
    text = f"{deployment.id}: {by} withdrew the approval: {deployment.reason}. Production was not touched."
    return _notice(deployment, f"withdrawn/{deployment.revision}", text)


def not_ok(deployment: Deployment, items: str, by: str, words: str) -> Notice:
    return _notice(
        deployment, f"not-ok/{deployment.revision}", f"{deployment.id}: {items} is not OK, says {by}: {words}"
    )


def waived(deployment: Deployment, items: str, by: str, words: str) -> Notice:
    text = f"⚠ {deployment.id}: {items} waived by {by}: {words}"
    return _notice(deployment, f"waived/{deployment.revision}", text)


def skipped(deployment: Deployment, step: str, by: str, words: str) -> Notice:
    text = f"⚠ {deployment.id}: step {step} skipped by {by}: {words}"
    return _notice(deployment, f"skipped/{deployment.revision}", text)


def finishing(deployment: Deployment, by: str, words: str) -> Notice:
    text = f"⚠ {deployment.id}: {by} has the rollout finished outside the window: {words}"
    return _notice(deployment, f"finishing/{deployment.revision}", text)


def rejected(deployment: Deployment, by: str) -> Notice:
    return _notice(
        deployment, f"rejected/{deployment.revision}", f"{deployment.id} rejected by {by}: {deployment.reason}"
    )


def voided(deployment: Deployment) -> Notice:
    text = f"{deployment.id} needs a new approval: {deployment.reason}"
    return _notice(deployment, f"voided/{deployment.revision}", text)


def halted(deployment: Deployment) -> Notice:
    return _notice(deployment, f"halted/{deployment.revision}", f"{deployment.id} halted: {deployment.reason}")


def abandoned(deployment: Deployment, by: str) -> Notice:
    text = f"{deployment.id} abandoned by {by}: {deployment.reason}. Production was not touched."
    return _notice(deployment, "abandoned", text)


def completed(deployment: Deployment, product: str) -> Notice:
    text = f"{deployment.id} completed: {product} v{deployment.release.version} is verified and signed off"
    return _notice(deployment, "completed", text)


def drifted(drift: Drift) -> Notice:
    """The same drift is said once."""
    text = (
        f"⚠ Production ({drift.app}) was changed outside of Drop: {'; '.join(shortened(drift.lines))}. "
        "Until somebody acknowledges it, no deployment is opened or started; rolling back is possible all the same."
    )
    return Notice(id=f"{DRIFT}{drift.number}/{drift.key}", deployment=OF_NONE, text=text)


def acknowledged(drift: Drift, by: str, words: str) -> Notice:
    text = f"What was changed outside of Drop is acknowledged by {by}: {words}"
    return Notice(id=f"acknowledged/{drift.number}", deployment=OF_NONE, text=text)
