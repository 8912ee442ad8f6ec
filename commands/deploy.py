"""/drop deploy: open a deployment."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from checklist.calendar import Window
from checklist.deployment import Deployment
from checklist.errors import AlreadyOpen, BadField, BadFields, NoImage, Outage
from checklist.moves import Move
from checklist.policy import permit
from checklist.record import Json
from checklist.release import Release
from checklist.rollout import FORWARD
from checklist.words import ImageDigest, PersonId, Phase, Role, StrategyName
from commands.acknowledge import refuse_drift
from commands.deps import Ask, Deps, enqueue

VERSION = re.compile(r"v?\d+\.\d+\.\d+(-[0-9A-Za-z.-]{1,32})?")
COMMIT = re.compile(r"[0-9a-f]{7,40}")
IMAGE = re.compile(
    r"(?:registry\.fly\.io/)?(?P<app>[a-z0-9-]+)(?::(?P<tag>[\w.-]{1,128})|@(?P<digest>sha256:[0-9a-f]{64}))"
)
TEXTS = ("customers", "risk", "security", "outcome")
LOOK = timedelta(seconds=1.5)


def version_of(typed: str) -> str:
    """The version without its "v". Raises BadField."""
    if not VERSION.fullmatch(typed.strip()):
        raise BadField("version", f"“{typed}” is not a version", "0.5.0")
    return typed.strip().removeprefix("v")


def may_open(ask: Ask, deps: Deps) -> str:
    """The version to prefill the modal with. Raises NotAllowed, AlreadyOpen, Drifted, BadField."""
    permit(Move.OPEN, ask.by, deps.checklist.team)
    with deps.record.look() as work:
        found = work.deployments.open()
        if found:
            raise AlreadyOpen(found.id)
        refuse_drift(deps.checklist.production.name, work)
    return version_of(ask.words) if ask.words else ""


async def find_image(ask: Ask, deps: Deps) -> Ask:
    """The one look outward before the record is opened: what the image's name means now. Raises BadFields, NoImage."""
    permit(Move.OPEN, ask.by, deps.checklist.team)
    checked_fields(ask.fields, deps)
    image = ask.fields["image"] or f"{deps.checklist.production.name}:v{version_of(ask.fields['version'])}"
    name = IMAGE.fullmatch(image)
    if name is None or name["app"] != deps.checklist.production.name:
        example = f"registry.fly.io/{deps.checklist.production.name}:v0.5.0"
        raise BadFields((BadField("image", f"“{image}” is not an image of this app", example),))
    try:
        digest = await deps.registry.digest(name["app"], name["tag"] or name["digest"], within=LOOK)
    except Outage as outage:
        raise BadFields((BadField("image", f"{outage.system} did not answer", "try again in a moment"),)) from outage
    if digest is None:
        raise NoImage(image)
    return replace(ask, fields={**ask.fields, "image": image, "digest": digest})


def deploy(ask: Ask, deps: Deps) -> Deployment:
    """Open a deployment, and queue its survey and its checks. Raises AlreadyOpen, Drifted, NotAllowed, BadFields."""
    permit(Move.OPEN, ask.by, deps.checklist.team)
    checked_fields(ask.fields, deps)
    with deps.decision(ask) as work:
        refuse_drift(deps.checklist.production.name, work)
        deployment = Deployment(
            id=work.deployments.next_id(),
            app=deps.checklist.production.name,
            release=_release(ask.fields, deps),
            requester=ask.by.id,
            engineer=PersonId(ask.fields["engineer"]),
            window=_window(ask.fields["window"], deps),
            checklist=deps.checklist.revision,
            opened_at=deps.now(),
        )
        read = (item for item in deps.checklist.items(Phase.PRE) if item.is_read)
        deployment = deployment.prepared(deps.checklist).checking(read, at=deps.now()).queued("prepare")
        work.deployments.add(deployment)
        enqueue(work, deployment, "prepare")
        release = deployment.release
        body: dict[str, Json] = {"version": release.version, "digest": release.digest, "engineer": deployment.engineer}
        work.journal.append(deps.fact("deployment.opened", ask, deployment, **body))
        work.commit()
    return deployment


def checked_fields(fields: Mapping[str, str], deps: Deps) -> None:
    """Raises BadFields with every field that is wrong."""
    wrong = tuple(_wrong(fields, deps))
    if wrong:
        raise BadFields(wrong)


def _wrong(fields: Mapping[str, str], deps: Deps) -> Iterator[BadField]:
    rules: dict[str, tuple[Callable[[str], bool], str, str]] = {
        "version": (lambda v: bool(VERSION.fullmatch(v.strip())), "not a version", "0.5.0"),
        "commit": (
            lambda v: bool(COMMIT.fullmatch(v.strip())),
            "not a commit",
            "7 to 40 hex digits, as git prints them",
        ),
        "migrations": (lambda v: v in {"yes", "no"}, "neither yes nor no", "yes or no"),
        "maintenance": (lambda v: v in {"yes", "no"}, "neither yes nor no", "yes or no"),
        "strategy": (lambda v: not v or v in FORWARD, "no strategy of a deployment", " or ".join(FORWARD)),
        "window": (lambda v: _window(v, deps) is not None, "not one of the next windows", "choose one from the list"),
        "engineer": (
            lambda v: deps.checklist.team.holds(PersonId(v), Role.DEPLOY_ENGINEER),
            "no deploy engineer",
            "john",
        ),
    }
    for field, (fits, problem, instead) in rules.items():
        if not fits(fields.get(field, "")):
            yield BadField(field, f"“{fields.get(field, '')}” is {problem}", instead)
    for field in TEXTS:
        if not fields.get(field, "").strip():
            yield BadField(field, "this must not be empty", "one sentence; “none” is an answer")


def _window(opens: str, deps: Deps) -> Window | None:
    try:
        wanted = datetime.fromisoformat(opens)
    except ValueError:
        return None
    return next((w for w in deps.offered() if w.opens == wanted), None)


def _release(fields: Mapping[str, str], deps: Deps) -> Release:
    return Release(
        version=version_of(fields["version"]),
        image=fields["image"],
        digest=ImageDigest(fields["digest"]),
        commit=fields["commit"].strip(),
        **{name: fields[name].strip() for name in TEXTS},
        migrations=fields["migrations"] == "yes",
        maintenance=fields["maintenance"] == "yes",
        strategy=StrategyName(fields.get("strategy") or deps.checklist.production.strategy),
    )
