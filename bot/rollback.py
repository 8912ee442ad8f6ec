"""drop-bot rollback: back to the previous version from the host's shell, whatever else is broken but Fly itself."""

import asyncio
import getpass
import socket
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from bot.database import refuse_older
from bot.ground import Basis, Ground, basis_of, desk_of, ground_of, run_deps_of
from bot.refusals import explain
from bot.rescue import by_hand, side_record
from bot.runner import Turn, turn_on
from bot.settings import Settings
from bot.teller import Say, Teller, told, waiting
from checklist.deployment import Deployment
from checklist.errors import AlreadyDone, Outage, RecordOutage, Refusal
from checklist.moves import Move, Status
from checklist.people import Person, Team
from checklist.policy import WHO_MAY
from checklist.ports import Record
from checklist.record import ChainBroken
from checklist.words import DeploymentId, PersonId
from commands.deps import Ask
from runs.conduct import Conductor
from runs.engine import RunQueue
from storage.engine import record_engine, run_engine
from storage.files import PLAN_FILE, SIDE_RECORD, beside
from storage.plan_file import JsonPlanFile, PlanFileWrong, RecordBehind
from storage.upgrade import NewerDatabase, OlderDatabase, make_sound, require_file
from storage.work import Enqueue, SqlRecord, no_queue

UNUSABLE = (RecordOutage, ChainBroken, NewerDatabase, OlderDatabase, RecordBehind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A rollback asked for in the host's shell. Whoever can type there is taken for the person they name."""

    deployment: str
    by: str
    reason: str


class NobodyOfThatName(Exception):
    """The person is not in the checklist; the words say who may."""

    def __init__(self, name: str, team: Team) -> None:
        roles = WHO_MAY[Move.ROLL_BACK].roles
        may = [person for person in team.people.values() if team.holds_any(person.id, roles)]
        known = ", ".join(f"{person.id} ({_held(person, team)})" for person in may)
        super().__init__(f"There is no {name} in the checklist. These may roll back: {known}.")


class NoWayBack(Exception):
    """Neither the record nor the plan file can be used; the words say what is left to do."""


async def roll_back(settings: Settings, asked: Asked, say: Say) -> int:
    """Ask the bot that runs, or carry the rollback out here. 0: the previous version is back; 1: it is not.

    Raises NobodyOfThatName, NoWayBack, ChecklistInvalid.
    """
    basis = basis_of(settings)
    ask = _ask(asked, basis.checklist.team)
    turn = turn_on(settings.database_url)
    try:
        return await _in_turn(turn, basis, ask, say)
    except Refusal as refusal:
        say(explain(refusal))
        return 1
    finally:
        turn.lock.release()


async def _in_turn(turn: Turn, basis: Basis, ask: Ask, say: Say) -> int:
    """Two never change production at once: whoever runs carries it out, and that is this shell where nobody does."""
    try:
        alone = await asyncio.to_thread(turn.lock.take)
    except Outage as outage:
        say(f"{outage}. Nobody can tell whether a bot runs; Fly's leases keep two from changing one machine at once.")
        return await _carry_out_here(basis, ask, lambda: True, say)
    if not alone:
        say("A bot runs on this record: it is asked, and carries the rollback out.")
        return await _ask_the_bot(basis, ask, say)
    say("No bot runs on this record: the rollback is carried out here.")
    async with turn.working(nothing_more):  # a block that would wrap what is raised inside it
        doing = _carry_out_here(basis, ask, turn.lock.held, say)
        (outcome,) = await asyncio.gather(doing, return_exceptions=True)
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


@asynccontextmanager
async def nothing_more() -> AsyncIterator[None]:
    """A shell that runs does nothing beside its rollback."""
    yield


async def _ask_the_bot(basis: Basis, ask: Ask, say: Say) -> int:
    async with AsyncExitStack() as stack:
        runs = run_engine(basis.settings.database_url)
        stack.callback(runs.dispose)
        queue = RunQueue(runs)
        stack.callback(queue.close)
        ground = await ground_of(basis, _record(basis, queue.enqueue, stack), stack)
        try:
            teller = Teller(ground, await _decide(ground, ask, say), say)
            return _outcome(await teller.follows(), say)
        except RecordOutage as outage:
            say(f"{outage}.")
        except TimeoutError:
            say("Nothing moves.")
    say("Stop the bot, and give this command again: it is then carried out here.")
    return 1


async def _carry_out_here(basis: Basis, ask: Ask, is_runner: Callable[[], bool], say: Say) -> int:
    async with AsyncExitStack() as stack:
        try:
            ground = await ground_of(basis, _sound_record(basis, stack), stack)
            id = await _decide(ground, ask, say)
        except UNUSABLE as trouble:
            say(f"The record cannot be used. {trouble}")
            ground = await ground_of(basis, _side_record(basis, say, stack), stack)
            id = await _decide(ground, ask, say)
        conductor = Conductor(run_deps_of(ground, Mute(), is_runner, waits=False))
        try:
            return _outcome(await _carried_out(conductor, Teller(ground, id, say)), say)
        except RecordOutage as outage:
            plan = ground.plan_file.read()
            return told((f"{outage}. Nothing more was sent.", *(by_hand(plan) if plan else ())), say)


async def _carried_out(conductor: Conductor, teller: Teller) -> Deployment:
    """Go through the run-book without the engine, and say how it goes meanwhile."""
    telling = asyncio.create_task(teller.follows())
    try:
        while await conductor.rollback_step(teller.id):
            pass
        await conductor.close_rollback(teller.id)
    finally:
        telling.cancel()
        with suppress(asyncio.CancelledError):
            await telling
    return await teller.looks()


def _sound_record(basis: Basis, stack: AsyncExitStack) -> Record:
    """Raises what stands in UNUSABLE."""
    require_file(basis.settings.database_url)
    engine = record_engine(basis.settings.database_url)
    stack.callback(engine.dispose)
    make_sound(engine)
    record = SqlRecord(engine, no_queue, basis.clock.now)
    refuse_older(record, basis.settings.database_url)
    return record


def _side_record(basis: Basis, say: Say, stack: AsyncExitStack) -> Record:
    """The deployment of the plan file, as far as a rollback needs it. Raises NoWayBack."""
    path = beside(basis.settings.database_url, SIDE_RECORD)
    try:
        plan = _plan_file(basis.settings).read()
        if plan is None:
            raise NoWayBack("There is no plan file either: roll back by hand, with flyctl.")
        record = side_record(path, plan, basis.clock, stack)
    except (PlanFileWrong, ChainBroken, NewerDatabase, RecordOutage) as trouble:
        raise NoWayBack(f"{trouble}. Roll back by hand, with flyctl.") from trouble
    say(f"The plan file is used: {plan.deployment}, back to {plan.rollback_version}. Nobody signed that file.")
    say(f"What is done is written to {path}; the next bot that starts adds it to the record.")
    return record


def _plan_file(settings: Settings) -> JsonPlanFile:
    return JsonPlanFile(beside(settings.database_url, PLAN_FILE))


class Mute:
    """The port Announcer of a shell: what is to be said waits for the bot."""

    async def say(self, notice: str, *, within: timedelta) -> str | None:
        return None


async def _decide(ground: Ground, ask: Ask, say: Say) -> DeploymentId:
    """Record the decision, as Slack's would be; a rollback that goes on already is gone on with. Raises Refusal."""
    desk = desk_of(ground, wake=lambda: None)
    try:
        await desk.perform(ask)
        say(f"Recorded: {ask.by.name} rolls {ask.deployment} back, asserted by {ask.host}.")
    except AlreadyDone:
        say(f"{ask.deployment} is being rolled back already.")
    except Refusal as refusal:
        await desk.refused(refusal, by=ask.by.id, verb=ask.verb, deployment=ask.deployment)
        raise
    return DeploymentId(ask.deployment)


def _outcome(deployment: Deployment, say: Say) -> int:
    plan = deployment.plan
    step = waiting(deployment)
    if deployment.status is Status.ROLLED_BACK:
        say(f"{deployment.id} is rolled back.")
        return 0
    if step and plan:
        say(f"{deployment.id} is on its way back to {plan.rollback_version}; the {step.role} is waited for:")
        say(f"  /drop attest {deployment.id} {step.id} WORDS    ({step.text})")
        return 0
    return told((f"{deployment.id} is not rolled back: {deployment.reason}", *(by_hand(plan) if plan else ())), say)


def _ask(asked: Asked, team: Team) -> Ask:
    by = team.people.get(PersonId(asked.by))
    if by is None:
        raise NobodyOfThatName(asked.by, team)
    return Ask(
        verb="rollback",
        by=by,
        key=f"shell/{uuid.uuid4().hex}",
        deployment=asked.deployment.upper(),
        words=asked.reason,
        typed=True,
        host=f"{getpass.getuser()}@{socket.gethostname()}",
    )


def _held(person: Person, team: Team) -> str:
    return ", ".join(role for role in WHO_MAY[Move.ROLL_BACK].roles if team.holds(person.id, role))


def _record(basis: Basis, enqueue: Enqueue, stack: AsyncExitStack) -> Record:
    engine = record_engine(basis.settings.database_url)
    stack.callback(engine.dispose)
    return SqlRecord(engine, enqueue, basis.clock.now)
