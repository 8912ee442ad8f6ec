"""What is read from Fly.io: machines, images, secrets' names, env, volumes and logs."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from checklist.kinds.base import CheckKind, Duration, Names, Params, Strict, Wrong


class FlyImageDigest(Params):
    """Every machine of the app runs exactly this digest, and is started."""

    kind: Literal[CheckKind.FLY_IMAGE_DIGEST] = CheckKind.FLY_IMAGE_DIGEST
    app: str
    digest: str


class FlyMachineChecks(Params):
    """Every health check of every machine passes, on at least this many machines."""

    kind: Literal[CheckKind.FLY_MACHINE_CHECKS] = CheckKind.FLY_MACHINE_CHECKS
    app: str
    min_machines: int = Field(default=1, ge=1)


class FlySecretsPresent(Params):
    """The app has the secrets in `names` and none of those in `absent`. Values are never read."""

    kind: Literal[CheckKind.FLY_SECRETS_PRESENT] = CheckKind.FLY_SECRETS_PRESENT
    app: str
    names: Names = ()
    absent: Names = ()


class FlyRegistryManifest(Params):
    """The registry still has the image."""

    kind: Literal[CheckKind.FLY_REGISTRY_MANIFEST] = CheckKind.FLY_REGISTRY_MANIFEST
    repository: str
    digest: str


class FlyEnvNames(Params):
    """Names that the env of every machine must have: those `present`, and those that `documented_in` at `ref` lists."""

    kind: Literal[CheckKind.FLY_ENV_NAMES] = CheckKind.FLY_ENV_NAMES
    app: str
    present: Names = ()
    documented_in: str = ""
    ref: str = "${sha}"

    @model_validator(mode="after")
    def _asks_for_something(self) -> Self:
        if not self.present and not self.documented_in:
            raise Wrong("nothing is looked for", "present: [NAME], or documented_in: FILE")
        return self


class FlyEnvDiff(Params):
    """Two apps' machine configs are equal, process group by process group, but for what `allow` names.

    Its patterns are as a shell's, for names as the card tells them: `APP_URL`, `FLY_*`, `guest.*`, `groups.worker`.
    """

    kind: Literal[CheckKind.FLY_ENV_DIFF] = CheckKind.FLY_ENV_DIFF
    left: str
    right: str
    compare: Annotated[tuple[Literal["env", "services", "guest", "checks"], ...], Field(min_length=1)] = ("env",)
    allow: Names = ()


class FlyEnvSet(Params):
    """Acts in a run: sets env on every machine and leaves the image alone."""

    kind: Literal[CheckKind.FLY_ENV_SET] = CheckKind.FLY_ENV_SET
    app: str
    env: Mapping[str, str]


class FlyRollout(Params):
    """Acts in a run: brings every machine to the digest, one after another."""

    kind: Literal[CheckKind.FLY_ROLLOUT] = CheckKind.FLY_ROLLOUT
    app: str
    digest: str
    wait_timeout: Duration = timedelta(minutes=5)
    poll: Duration = timedelta(seconds=1)  # between two reads of one machine
    reads: int = Field(default=3, ge=1)  # consecutive healthy reads that count as healthy, critical ones as failed
    grace: Duration | None = None  # a started machine may fail its checks so long; None: as long as these need
    proxies: Duration = timedelta(seconds=10)  # until all of Fly's proxies know of a cordon (flyctl waits as long)


_PROGRAM = re.compile(r"[\w.@/-]+")
_SHELLS = frozenset({"sh", "ash", "bash", "csh", "dash", "fish", "ksh", "tcsh", "zsh", "env", "eval", "xargs"})


def _command(words: tuple[str, ...]) -> tuple[str, ...]:
    """A program and its arguments, as they stand: no shell reads them, and nothing is put into them."""
    if not words:
        return words
    if not _PROGRAM.fullmatch(words[0]) or words[0].rpartition("/")[2] in _SHELLS:
        raise Wrong(f"{words[0]!r} is no program that is run by itself", '[npm, run, "db:verify"], without a shell')
    bound = next((word for word in words if "${" in word or "\0" in word), None)
    if bound:
        raise Wrong(f"a command takes no values, and {bound!r} has one", "the words themselves")
    return words


Command = Annotated[Names, AfterValidator(_command)]


class FlyExec(Params):
    """Runs a command on a machine that runs. With `once_per_change` it acts, and has a one-off machine in a run.

    `status` is what tells afterwards how far such a command came.
    """

    LONGEST_READ: ClassVar = timedelta(seconds=30)  # what takes longer Fly does not wait for, though it goes on

    kind: Literal[CheckKind.FLY_EXEC] = CheckKind.FLY_EXEC
    app: str
    command: Annotated[Command, Field(min_length=1)]
    exit_code: int = 0
    stdout_match: str = ""
    timeout: Duration = timedelta(seconds=30)
    once_per_change: bool = False
    status: Command = ()

    @model_validator(mode="after")
    def _reads_are_short(self) -> Self:
        if not self.once_per_change and self.timeout > self.LONGEST_READ:
            raise Wrong("Fly waits no longer than 30 s for a command inside a machine", "30s, or once_per_change: true")
        return self


class FlySnapshot(Params):
    """Acts: takes a volume snapshot, unless one is younger than `max_age`."""

    kind: Literal[CheckKind.FLY_SNAPSHOT] = CheckKind.FLY_SNAPSHOT
    app: str
    volume: str
    max_age: Duration
    min_retention_days: int = 5


class FlyLogs(Params):
    """At most `max` log lines of these levels since the step `since` was done, beside those that match `allow`.

    Levels are written as Fly writes them, in small letters; the patterns are as a shell's, for a whole line.
    """

    kind: Literal[CheckKind.FLY_LOGS] = CheckKind.FLY_LOGS
    app: str
    since: str
    levels: Annotated[Names, Field(min_length=1)]
    max: int = Field(default=0, ge=0)
    allow: Names = ()

    @property
    def items_named(self) -> Names:
        return (self.since,)


class EnvEquals(Strict):
    """One env variable of every machine of an app has this value."""

    app: str
    name: str
    equals: str


class ImageLabel(Params):
    """A label of the image's config: what it was built with, whatever the machines' env says now."""

    kind: Literal[CheckKind.IMAGE_LABEL] = CheckKind.IMAGE_LABEL
    repository: str
    digest: str
    label: str
    equals: str | None = None
    not_contains: str | None = None
    also_env: EnvEquals | None = None
