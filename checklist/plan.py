"""Survey: one reading of the world. Plan: exactly what would be done to production, and its digest."""

import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from functools import cached_property

from checklist.fly_releases import without_release
from checklist.record import Json, canonical, sha256
from checklist.words import (
    DeploymentId,
    ImageDigest,
    ItemId,
    MachineId,
    MigrateWhen,
    PersonId,
    PlanDigest,
    StrategyName,
)

MAINTENANCE = "MAINTENANCE_MODE"
MOVING = frozenset({"creating", "updating", "replacing", "starting", "stopping", "restarting", "suspending"})  # of Fly
GONE = frozenset({"destroying", "destroyed"})
STANDING_STILL = frozenset({"stopped", "suspended", "created"})
NEVER_STOPS = (None, False, "off")
PROCESS_GROUP = "fly_process_group"
LAUNCH_ID = "drop_launch_id"  # machine metadata: a create whose answer was lost is found again by it
IMAGE_TAG = "drop_image_tag"  # machine metadata: a machine deployed by digest has no tag of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One Fly machine as it was read. `config` is the platform's raw JSON and is never stored."""

    id: MachineId
    instance_id: str
    state: str
    digest: ImageDigest
    tag: str
    config: Mapping[str, Json]
    checks: Mapping[str, str]  # name → passing, warning or critical
    reachable: bool = True  # its host answers; of one that does not, Fly knows no config
    crashes: int = 0  # exits that nobody asked for, since the last update
    region: str = ""
    cordoned: bool = False  # Fly's proxies send it nobody
    stops_within: timedelta = timedelta()  # what it is given to end before it is killed: whoever waits, waits longer
    proves_within: timedelta = timedelta()  # once it has started: until each of its checks was made, and answered

    @property
    def is_gone(self) -> bool:
        """Destroyed, or about to be: Fly still shows it for a while."""
        return self.state in GONE

    @property
    def stands_still(self) -> bool:
        """Stopped, suspended or never started: an update must leave it so (flyctl `skip_launch`)."""
        return self.state in STANDING_STILL

    @property
    def rests(self) -> bool:
        """It stands still, and may: a standby, or one that Fly stops when there is nothing to do."""
        services = self.config.get("services")
        stops = (one.get("autostop") for one in services if isinstance(one, dict)) if isinstance(services, list) else ()
        may = bool(self.config.get("standbys")) or any(stop not in NEVER_STOPS for stop in stops)
        return may and self.stands_still and not self.crashes

    @property
    def group(self) -> str:
        return process_group(self.metadata)

    @property
    def metadata(self) -> Mapping[str, Json]:
        metadata = self.config.get("metadata")
        return metadata if isinstance(metadata, dict) else {}

    @property
    def healthy(self) -> bool:
        """Started, with at least one check, all of them passing. No checks is no health (flyctl #4565)."""
        return (
            self.state == "started"
            and self.reachable
            and bool(self.checks)
            and all(c == "passing" for c in self.checks.values())
        )

    @property
    def restarts(self) -> bool:
        """Whether Fly starts it again when it ends by itself, be it only after an error."""
        restart = self.config.get("restart")
        return not isinstance(restart, dict) or restart.get("policy") != "no"

    @property
    def moving(self) -> bool:
        """On the way from one state to another: Fly takes no update until it has arrived."""
        return self.state in MOVING

    @property
    def env(self) -> Mapping[str, str]:
        env = self.config.get("env")
        return {key: str(value) for key, value in env.items()} if isinstance(env, dict) else {}

    @property
    def maintenance(self) -> str | None:
        return self.env.get(MAINTENANCE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedMachine:
    """One production machine as it is, and the hash of its config after the whole deployment.

    `env` has the names of the environment with digests of their values; no value is kept.
    """

    id: MachineId
    instance_id: str
    digest: ImageDigest
    version: str
    maintenance: str | None
    env: Mapping[str, str]
    config_hash: str
    group: str = "app"
    reachable: bool = True  # a machine on a host that does not answer is named, and left out


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """One reading of the world for a deployment. It holds no config and no value of a secret."""

    at: datetime
    machines: tuple[PlannedMachine, ...]
    running: ImageDigest  # what production runs now: what a rollback would bring back
    running_version: str
    secrets: Mapping[str, str]  # name → digest
    staged: tuple[str, ...] | None = ()  # secrets that some machine does not have yet; None: nobody can tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """An item's result and by whom; never evidence or times, so passing again is not a change."""

    item: ItemId
    state: str
    by: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an approver signs."""

    deployment: DeploymentId
    version: str
    app: str
    image: ImageDigest
    rollback_version: str
    rollback: ImageDigest
    machines: tuple[PlannedMachine, ...]
    maintenance: bool
    commands: tuple[str, ...]
    secrets: Mapping[str, str]
    requester: PersonId
    engineer: PersonId
    window: str | None  # "<opens>/<closes>" in UTC; None for an emergency
    checklist: str
    results: tuple[Result, ...]
    strategy: StrategyName = StrategyName.ROLLING
    migrate: MigrateWhen = MigrateWhen.AFTER
    staged: tuple[str, ...] | None = ()  # secrets that go live with this deployment; None: nobody can tell
    max_unavailable: float = 0.33  # machines that may be away at once: a number from 1 on, a part of them below

    def body(self) -> dict[str, Json]:
        """The plan as JSON: stored, and hashed."""
        content: dict[str, Json] = asdict(self)
        return content

    @cached_property
    def digest(self) -> PlanDigest:
        return PlanDigest(sha256(canonical(self.body())))


def reference(app: str, image: ImageDigest) -> str:
    """How Fly is told which image: by digest, for a tag may name another one by then."""
    return f"registry.fly.io/{app}@{image}"


def process_group(metadata: Mapping[str, Json]) -> str:
    """The process group that a machine's metadata names, as flyctl tells them apart."""
    return str(metadata.get(PROCESS_GROUP) or metadata.get("process_group") or "app")


def with_image(config: Mapping[str, Json], *, app: str, image: ImageDigest, tag: str) -> dict[str, Json]:
    """The same config with another image, by digest; nothing else is touched (an update replaces the whole config).

    Wherever else the config names the image that it had, in containers and in files, it names the other one too.
    """
    changed = copy.deepcopy(dict(config))
    before, changed["image"] = changed.get("image"), reference(app, image)
    for part, key in _names_of_images(changed):
        if before and part.get(key) == before:
            part[key] = changed["image"]
    metadata = changed.get("metadata")
    changed["metadata"] = {**(metadata if isinstance(metadata, dict) else {}), IMAGE_TAG: tag}
    return changed


def _names_of_images(config: dict[str, Json]) -> list[tuple[dict[str, Json], str]]:
    """Where a config may name images beside its own: the containers, and the files that come from an image."""
    containers = _objects(config.get("containers"))
    files = [file for part in (config, *containers) for file in _objects(part.get("files"))]
    return [*((one, "image") for one in containers), *((one, "image_config") for one in files)]


def _objects(listed: Json) -> list[dict[str, Json]]:
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def with_maintenance(config: Mapping[str, Json], value: str | None) -> dict[str, Json]:
    """The same config with MAINTENANCE_MODE set, or removed for None."""
    changed = copy.deepcopy(dict(config))
    env = changed.get("env")
    rest: dict[str, Json] = {k: v for k, v in env.items() if k != MAINTENANCE} if isinstance(env, dict) else {}
    changed["env"] = rest if value is None else {**rest, MAINTENANCE: value}
    return changed


def pinned(config: Mapping[str, Json], *, app: str, image: ImageDigest, tag: str) -> dict[str, Json]:
    """The same config, its image named by digest: a tag may name another image by now."""
    named = str(config.get("image", ""))
    return dict(config) if named.endswith(f"@{image}") else with_image(config, app=app, image=image, tag=tag)


def but_for_image(config: Mapping[str, Json]) -> dict[str, Json]:
    """What is left of the config without the image, our note of its tag, and the release that it is of."""
    kept = without_release(config)
    metadata = kept["metadata"]
    rest = {k: v for k, v in metadata.items() if k != IMAGE_TAG} if isinstance(metadata, dict) else {}
    return {**{key: value for key, value in kept.items() if key != "image"}, "metadata": rest}


def fingerprint(name: str, value: str) -> str:
    """Enough of a digest to see that a value changed, and nothing of the value."""
    return sha256(f"{name}={value}")[:12]


def config_hash(config: Mapping[str, Json]) -> str:
    return sha256(canonical(dict(config)))


def settings_hash(config: Mapping[str, Json]) -> str:
    """The hash of the config whatever release it is of: the number of a release is known only once it has begun."""
    return config_hash(without_release(config))


def planned(machine: Machine, *, app: str, image: ImageDigest, tag: str) -> PlannedMachine:
    """What the machine's config will be when the deployment is over: the new image, maintenance as it was."""
    after = with_image(machine.config, app=app, image=image, tag=tag)
    return PlannedMachine(
        id=machine.id,
        instance_id=machine.instance_id,
        digest=machine.digest,
        version=machine.tag,
        maintenance=machine.maintenance,
        env={name: fingerprint(name, value) for name, value in machine.env.items() if name != MAINTENANCE},
        config_hash=settings_hash(after),
        group=machine.group,
        reachable=machine.reachable,
    )
