"""Backups: a snapshot of a volume is asked for once, and counts when Fly shows that it is made."""

from dataclasses import dataclass, field
from datetime import timedelta

from checklist.definition import Item
from checklist.deployment import Deployment
from checklist.errors import Ambiguous
from checklist.kinds import FlySnapshot, Params
from checklist.marks import Outcome, Verdict
from checklist.record import Entry, Json
from checklist.volumes import Snapshot, new_since, youngest
from runs.deps import RunDeps

POLL = 5.0  # seconds
WITHIN = timedelta(minutes=10)
LEEWAY = timedelta(minutes=1)  # between our clock and Fly's
QUIET = 6  # looks without a sign of what was asked for, after which it is asked for again
TRIES = 3


async def take_snapshot(deps: RunDeps, deployment: Deployment, item: Item, params: Params) -> Verdict:
    """One that is young enough is used instead. Raises Outage."""
    if not isinstance(params, FlySnapshot):
        raise TypeError(f"{params.kind} is no snapshot")
    listed = await deps.volumes.snapshots(params.app, params.volume)
    young = youngest(listed)
    if young is not None and deps.now() - young.created_at < params.max_age:
        return _judged(young, params, "was taken a short while ago")
    return await _Taking(deps=deps, deployment=deployment, item=item, params=params).goes(listed)


@dataclass(slots=True, kw_only=True)
class _Taking:
    """One snapshot as it is made. A crash on the way is survived: what was asked for is looked for first."""

    deps: RunDeps
    deployment: Deployment
    item: Item
    params: FlySnapshot
    _sent: int = field(default=0)
    _quiet: int = field(default=QUIET)  # the first look without a sign of it is enough to ask

    async def goes(self, listed: tuple[Snapshot, ...]) -> Verdict:
        intent = await self._open_intent() or await self._intend(listed)
        since, known = intent.fact.at, [str(id) for id in _ids(intent.fact.body["known"])]
        while self.deps.now() - since < WITHIN:
            mine = new_since(listed, known, since, LEEWAY)
            made = youngest(mine)
            if made is not None:
                await self._note("settled", snapshot=made.id, result="created")
                return _judged(made, self.params, "is made")
            if mine and all(one.failed for one in mine):
                await self._note("settled", result="failed")
                return _failed(f"Fly could not make a snapshot of {self.params.volume}", self.params)
            await self._ask_for_it(is_seen=bool(mine))
            await self.deps.sleep(POLL)
            listed = await self.deps.volumes.snapshots(self.params.app, self.params.volume)
        await self._note("settled", result="not seen")
        words = f"no snapshot of {self.params.volume} was made within {WITHIN.seconds // 60} minutes"
        return Verdict(outcome=Outcome.INCONCLUSIVE, reason=words, evidence=_about(self.params))

    async def _ask_for_it(self, *, is_seen: bool) -> None:
        """Once; and once more only when nothing of it is seen for a while."""
        self._quiet = 0 if is_seen else self._quiet + 1
        if is_seen or self._quiet <= QUIET or self._sent >= TRIES:
            return
        self.deps.drain.going()
        self.deps.mutating()
        self._sent, self._quiet = self._sent + 1, 0
        try:
            await self.deps.volumes.take_snapshot(self.params.app, self.params.volume)
        except Ambiguous:
            return  # the list tells

    @property
    def _key(self) -> str:
        return f"{self.deployment.id}/{self.item.id}"

    async def _intend(self, listed: tuple[Snapshot, ...]) -> Entry:
        await self._note("intended", known=[one.id for one in listed if one.id])
        intent = await self._open_intent()
        if intent is None:
            raise LookupError(f"the record did not keep the intent of {self._key}")
        return intent

    async def _open_intent(self) -> Entry | None:
        def look() -> Entry | None:
            with self.deps.record.look() as work:
                intent = work.journal.newest(self.deployment.id, "snapshot.intended", self._key)
                settled = work.journal.newest(self.deployment.id, "snapshot.settled", self._key)
            return intent if intent and (settled is None or settled.seq < intent.seq) else None

        return await self.deps.aside(look)

    async def _note(self, deed: str, **body: Json) -> None:
        body = {"key": self._key, "volume": self.params.volume, **body}
        await self.deps.note(self.deps.fact(f"snapshot.{deed}", self.deployment.id, **body))


def _judged(snapshot: Snapshot, params: FlySnapshot, how: str) -> Verdict:
    evidence = {
        **_about(params),
        "snapshot": snapshot.id,
        "digest": snapshot.digest,
        "size": snapshot.size,
        "created_at": snapshot.created_at.isoformat(),
        "retention_days": snapshot.retention_days,
    }
    if snapshot.retention_days < params.min_retention_days:
        words = f"is kept for {snapshot.retention_days} days, {params.min_retention_days} are needed"
        return Verdict(outcome=Outcome.FAILED, reason=f"snapshot {snapshot.id} {words}", evidence=evidence)
    reason = f"snapshot {snapshot.id} of {params.volume} {how}, {_size(snapshot.size)}"
    return Verdict(outcome=Outcome.PASSED, reason=reason, evidence=evidence)


def _failed(words: str, params: FlySnapshot) -> Verdict:
    return Verdict(outcome=Outcome.FAILED, reason=words, evidence=_about(params))


def _about(params: FlySnapshot) -> dict[str, Json]:
    return {"app": params.app, "volume": params.volume}


def _ids(known: Json) -> list[Json]:
    return known if isinstance(known, list) else []


def _size(size: int) -> str:
    return f"{size / 1_000_000:.1f} MB"
