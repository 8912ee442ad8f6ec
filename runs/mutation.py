"""One mutation of one machine: intent, act, outcome; what is unknown is settled by reading, never by sending again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from checklist.errors import Ambiguous, Conflict, Outage
from checklist.fly_releases import with_release
from checklist.plan import Machine, but_for_image, config_hash, settings_hash
from checklist.ports import Lease
from checklist.record import Entry, Fact, Json
from checklist.words import DeploymentId, ImageDigest, MachineId
from runs.deps import RunDeps, seconds
from runs.leasing import Hold, Leasing
from runs.reading import read

SETTLING = 10  # reads before an unanswered update is taken as not applied
TRIES = 3

Change = Callable[[Mapping[str, Json]], dict[str, Json]]


class StepFailed(Exception):
    """The step did not do what it should; the words say what is known."""


class StepUnknown(StepFailed):
    """It may or may not have taken effect, and reading could not tell."""


class _Busy(Outage):
    """Fly has certainly not taken it: it was too busy for it, or could not be reached."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutation:
    """What one step wants of one machine. `key` is its identity in the record."""

    deployment: DeploymentId
    step: str
    app: str
    machine: MachineId
    change: Change
    digest: ImageDigest  # what the machine runs afterwards
    expected: frozenset[str] | None  # the versions that we know it by; None accepts any
    marks: Mapping[str, str] = field(default_factory=dict)  # of the release that this belongs to, if Fly counts it

    @property
    def key(self) -> str:
        return f"{self.deployment}/{self.step}/{self.machine}"

    def configured(self, seen: Machine) -> bool:
        """Whether the machine's config is already what the step wants; what it runs is for the health reads to see."""
        return settings_hash(seen.config) == settings_hash(self.change(seen.config))

    def there(self, seen: Machine) -> bool:
        """Whether the machine runs the digest and config already, however that spells the image: leave it alone."""
        return seen.digest == self.digest and but_for_image(self.change(seen.config)) == but_for_image(seen.config)


@dataclass(frozen=True, slots=True)
class Mutator:
    """Carries out mutations."""

    deps: RunDeps

    async def look(self, wanted: Mutation) -> Machine:
        """The machine as it is, after what a crash left open was settled. Raises StepFailed, Outage."""
        return await self._settle_earlier(wanted, await self._look(wanted))

    async def carry_out(self, wanted: Mutation, seen: Machine, leasing: Leasing, hold: Hold) -> Machine:
        """Act if needed; return the machine with the version that it has then. Raises StepFailed, Outage.

        A machine that took the config but not the image, for its pull failed, is sent the same once more.
        """
        if wanted.configured(seen) and seen.digest == wanted.digest:
            return seen
        why = ""
        for _ in range(TRIES):
            try:
                sent = await self._send(wanted, seen, hold.lease)
            except Conflict as conflict:
                seen = await self._still_the_same(wanted, seen, conflict)
                await leasing.again(wanted.machine, hold)
                continue
            except _Busy as busy:
                why = f": {busy.advice}"
                await self.deps.sleep(seconds(self.deps.pace.poll))
                seen = await self._still_the_same(wanted, seen, busy)
                continue
            if sent is not None:
                return sent
        raise StepFailed(f"machine {wanted.machine} did not take the update in {TRIES} tries{why}")

    async def _still_the_same(self, wanted: Mutation, known: Machine, refusal: Outage) -> Machine:
        """Fly refused, as when a lease was lost. Only a machine that is as we knew it is tried again."""
        seen = await self._look_patiently(wanted)
        if seen.instance_id != known.instance_id or seen.moving:
            raise StepFailed(f"machine {wanted.machine}: {refusal.advice}") from refusal
        return seen

    async def _look(self, wanted: Mutation) -> Machine:
        return await self.deps.fleet.machine(wanted.app, wanted.machine)

    async def _look_patiently(self, wanted: Mutation) -> Machine:
        """Once something was sent: what became of it must be seen, however long Fly does not answer."""
        return await read(self.deps, wanted.app, wanted.machine, since=self.deps.now())

    async def _settle_earlier(self, wanted: Mutation, seen: Machine) -> Machine:
        """An intent without an outcome, from before a crash: read whether it was applied."""
        intent = await self._open_intent(wanted)
        if intent is None:
            if wanted.expected is not None and seen.instance_id not in wanted.expected and not wanted.configured(seen):
                raise StepFailed(f"machine {wanted.machine} was changed by someone else: {seen.instance_id}")
            return seen
        before = str(intent.fact.body["before"])
        return await self._settle(wanted, before)

    async def _open_intent(self, wanted: Mutation) -> Entry | None:
        def look() -> Entry | None:
            with self.deps.record.look() as work:
                intent = work.journal.newest(wanted.deployment, "machine.update.intended", wanted.key)
                outcome = work.journal.newest(wanted.deployment, "machine.update.settled", wanted.key)
            return intent if intent and (outcome is None or outcome.seq < intent.seq) else None

        return await self.deps.aside(look)

    async def _send(self, wanted: Mutation, seen: Machine, lease: Lease) -> Machine | None:
        """The machine as Fly answers, or None when it was read not to have taken the update. Raises Conflict.

        The answer proves nothing but the version that was made of it; a read at this moment may be behind it.
        """
        config = with_release(wanted.change(seen.config), wanted.marks)
        self.deps.drain.going()
        self.deps.mutating()
        launch = not seen.stands_still
        intended: dict[str, Json] = {"before": seen.instance_id, "config": config_hash(config), "launch": launch}
        await self._note("intended", wanted, image=wanted.digest, **intended)
        try:
            after = await self.deps.fleet.update(
                wanted.app,
                wanted.machine,
                config=config,
                current_version=seen.instance_id,
                nonce=lease.nonce,
                launch=launch,
            )
        except Ambiguous:
            after = await self._settle(wanted, seen.instance_id)
            return after if after.instance_id != seen.instance_id else None
        except Outage as outage:
            await self._note("settled", wanted, result="refused", instance_id=seen.instance_id)
            if outage.retry:
                raise _Busy(outage.system, outage.advice) from outage
            raise
        await self._applied(wanted, after.instance_id)
        return after

    async def _settle(self, wanted: Mutation, before: str) -> Machine:
        """Read until the machine shows whether the update was applied."""
        for _ in range(SETTLING):
            seen = await self._look_patiently(wanted)
            if seen.instance_id != before:
                if not wanted.configured(seen):
                    raise StepUnknown(f"machine {wanted.machine} is on {seen.instance_id}, which we did not send")
                await self._applied(wanted, seen.instance_id)
                return seen
            await self.deps.sleep(seconds(self.deps.pace.poll) / 2)
        await self._note("settled", wanted, result="not applied", instance_id=seen.instance_id)
        return seen

    async def _applied(self, wanted: Mutation, instance_id: str) -> None:
        """From now on the machine may be met under this version, whatever a read that is behind still says."""
        settled = self._fact("settled", wanted, result="applied", instance_id=instance_id)
        sent = {"key": wanted.machine, "instance_id": instance_id, "step": wanted.step}
        await self.deps.note(settled, self.deps.fact("machine.version.sent", wanted.deployment, **sent))

    async def _note(self, deed: str, wanted: Mutation, **body: Json) -> None:
        await self.deps.note(self._fact(deed, wanted, **body))

    def _fact(self, deed: str, wanted: Mutation, **body: Json) -> Fact:
        about = {"key": wanted.key, "app": wanted.app, "machine": wanted.machine, "step": wanted.step}
        return self.deps.fact(f"machine.update.{deed}", wanted.deployment, **about, **body)
