"""What the bot says once, in the mission's own words."""

from checklist.deployment import Deployment
from checklist.ports import Notice


def _notice(deployment: Deployment, key: str, text: str) -> Notice:
    return Notice(id=f"{deployment.id}/{key}", deployment=deployment.id, text=text)


def _rollback_version(deployment: Deployment) -> str:
    return deployment.plan.rollback_version if deployment.plan else "the previous version"


def announce_start(deployment: Deployment, product: str) -> Notice:
    return _notice(deployment, "announce-start", f"Deploying {product} v{deployment.release.version} to production")


def announce_complete(deployment: Deployment, product: str, health: str) -> Notice:
    text = f"Deployment complete: {product} v{deployment.release.version} runs in production. Health: {health}"
    return _notice(deployment, "announce-complete", text)


def announce_rollback(deployment: Deployment) -> Notice:
    attempt = deployment.attempts.get("rollback", 1)
    return _notice(deployment, f"rb-announce/{attempt}", f"Initiating rollback to {_rollback_version(deployment)}")


def rolled_back(deployment: Deployment, product: str) -> Notice:
    text = f"Rolled back: {product} {_rollback_version(deployment)} runs in production again"
    return _notice(deployment, f"rolled-back/{deployment.attempts.get('rollback', 1)}", text)


def rollback_incomplete(deployment: Deployment) -> Notice:
    attempt = deployment.attempts.get("rollback", 1)
    return _notice(deployment, f"rollback-incomplete/{attempt}", f"Rollback is not complete: {deployment.reason}")


def approval_requested(deployment: Deployment) -> Notice:
    digest = deployment.plan.digest[:8] if deployment.plan else ""
    text = f"{deployment.id} v{deployment.release.version} asks for approval of plan {digest}"
    return _notice(deployment, f"submitted/{deployment.revision}", text)


def approved(deployment: Deployment, by: str) -> Notice:
    digest = deployment.approval.plan[:8] if deployment.approval else ""
    return _notice(deployment, f"approved/{deployment.revision}", f"{deployment.id} approved by {by}: plan {digest}")


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
