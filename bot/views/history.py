"""The past in plain words: deployments as lines, and the entries of one, on Oslo's clock."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby

from bot.views.text import STATUS_WORDS, called, clock, escape
from checklist.calendar import OSLO, day_and_clock
from checklist.deployment import Deployment
from checklist.people import Team
from checklist.ports import Passage
from checklist.record import Entry

LONGEST = 3_500  # characters: one message that only the person sees
MOST_NAMED = 4  # items or steps in one line; of the rest only the number is said
SUBJECTS = ("version", "item", "step", "sign_off", "machine")
WORDS = ("outcome", "result", "words", "reason", "note", "advice")

# What is not here is said by its own name: "item.waived" is "item waived".
PHRASES: Mapping[str, str] = {
    "deployment.opened": "opened the deployment",
    "checks.queued": "asked for the checks again",
    "survey.taken": "read production",
    "survey.failed": "could not read production",
    "item.checked": "read",
    "item.confirmed": "confirmed",
    "item.attested": "spoke for",
    "item.failed": "called not OK:",
    "item.waived": "waived",
    "rehearsal.begun": "began the rehearsal of a rollback",
    "rehearsal.ended": "ended the rehearsal",
    "approval.requested": "asked for approval",
    "approval.expired": "the approval ended with its window",
    "approval.voided": "the plan no longer held, so the approval ended",
    "deployment.approved": "approved the plan",
    "deployment.rejected": "rejected it",
    "approval.withdrawn": "withdrew the approval",
    "deployment.started": "started it",
    "plan.confirmed": "found production as approved",
    "configs.kept": "kept the configuration of every machine",
    "plan.exported": "wrote the plan down beside the record",
    "step.started": "began",
    "step.resumed": "took up again",
    "step.done": "did",
    "step.waiting": "waits for a person at",
    "step.attested": "said how it went:",
    "step.confirmed": "had the bot do",
    "step.failed": "could not do",
    "snapshot.intended": "was about to take a snapshot",
    "snapshot.settled": "saw what became of the snapshot:",
    "migration.intended": "was about to make a machine for",
    "migration.starting": "was about to begin",
    "migration.settled": "saw how it ended:",
    "machine.update.intended": "was about to update",
    "machine.update.settled": "updated",
    "machine.version.sent": "sent a machine its new version:",
    "machine.version.reverted": "saw Fly put a machine back to what it was before:",
    "machine.create.intended": "was about to make a machine in place of",
    "machine.create.settled": "made it, or did not:",
    "machine.replaced": "put a new machine in the place of",
    "no_return.passed": "let the new machines in; the old ones go",
    "machine.uncordon.intended": "was about to let in",
    "machine.uncordon.settled": "let in",
    "machine.cordon.intended": "was about to cordon",
    "machine.cordon.settled": "cordoned",
    "machine.stop.intended": "was about to stop",
    "machine.stop.settled": "stopped",
    "machine.destroy.intended": "was about to destroy",
    "machine.destroy.settled": "destroyed",
    "machine.version.seen": "saw the machine as it is:",
    "release.created": "had Fly count a release",
    "release.told": "told Fly what became of its release",
    "release.failed": "could not keep Fly's list of releases",
    "deployment.halted": "halted",
    "deployment.retried": "had it go on",
    "step.skipped": "had it go on without",
    "deployment.finished": "had the rollout finished outside the window",
    "deployment.deployed": "the new version runs",
    "deployment.signed_off": "signed off",
    "deployment.completed": "completed",
    "deployment.abandoned": "gave it up",
    "rollback.started": "rolled back",
    "rollback.completed": "the previous version runs again",
    "message.undelivered": "could not say something in Slack",
}


def past(passages: Sequence[Passage], team: Team) -> str:
    """The newest deployments, one line each."""
    if not passages:
        return "There was no deployment yet. `/drop deploy` opens one."
    lines = [f"• {_passage(passage, team)}" for passage in passages]
    return "\n".join([*lines, f"`/drop history {passages[0].id}` tells what happened."])


def chronicle(deployment: Deployment, entries: Sequence[Entry], earlier: int, team: Team) -> str:
    """What the record holds of one deployment, as far back as one message can tell, the newest last."""
    told: list[str] = []
    room = LONGEST
    for count, line in reversed(list(_lines(entries, team))):
        room -= len(line) + 1
        if room < 0:
            earlier += count
            continue
        told.insert(0, line)
    head = f"*{deployment.id} · v{escape(deployment.release.version)} · {STATUS_WORDS[deployment.status]}*"
    before = [f"… {earlier} earlier entries"] if earlier else []
    return "\n".join([head, *before, *told])


def _passage(passage: Passage, team: Team) -> str:
    took = f", took {_took(passage.ended_at - passage.opened_at)}" if passage.ended_at else ""
    who = ", ".join(escape(team.name(id)) for id in dict.fromkeys((passage.requester, passage.engineer)))
    name = f"*{passage.id}* v{escape(passage.version)} {STATUS_WORDS[passage.status]}"
    return f"{name} · {who} · {day_and_clock(passage.opened_at)}{took}"


def _took(time: timedelta) -> str:
    """In the two units that matter: `14 h 20 min`."""
    minutes = int(time.total_seconds()) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def _lines(entries: Sequence[Entry], team: Team) -> Iterator[tuple[int, str]]:
    """A line for each run of the same deed by the same person on the same day, with the number of its entries."""
    for _, alike in groupby(entries, lambda entry: (entry.fact.kind, entry.fact.by, _day(entry))):
        group = list(alike)
        yield len(group), f"{_day(group[-1])} {clock(group[-1].fact.at)} · {_deed(group, team)}"


def _deed(group: Sequence[Entry], team: Team) -> str:
    fact = group[-1].fact
    said = PHRASES.get(fact.kind, fact.kind.replace(".", " ").replace("_", " "))
    return " ".join(filter(None, (called(fact.by, team), said, _subjects(group), _words(group))))


def _subjects(group: Sequence[Entry]) -> str:
    found = [str(entry.fact.body[key]) for entry in group for key in SUBJECTS if entry.fact.body.get(key)]
    names = list(dict.fromkeys(found))
    shown = ", ".join(f"`{escape(name, 60)}`" for name in names[:MOST_NAMED])
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return shown + more


def _words(group: Sequence[Entry]) -> str:
    """What was said or seen, where it was one thing; of many checks, how many came out how."""
    if len(group) > 1:
        outcomes = Counter(str(entry.fact.body["outcome"]) for entry in group if "outcome" in entry.fact.body)
        said = [", ".join(f"{many} {outcome}" for outcome, many in sorted(outcomes.items()))]
    else:
        body = group[0].fact.body
        said = [str(body[key]) for key in WORDS if isinstance(body.get(key), str)]
    words = ": ".join(filter(None, said[:2]))
    return f"— {escape(words, 160)}" if words else ""


def _day(entry: Entry) -> str:
    local = entry.fact.at.astimezone(OSLO)
    return f"{local:%a} {local.day} {local:%b}"
