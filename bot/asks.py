"""From what Slack sends to what a person asks: typed, clicked or submitted, it becomes the same Ask."""

import json
from collections.abc import Mapping
from typing import Any

from checklist.people import Person
from commands.deps import Ask
from commands.usage import Typed, parse

Body = Mapping[str, Any]  # Slack's JSON, as it came: it is taken apart here and goes no further


def user(body: Body) -> str:
    """The Slack id of whoever asks."""
    return str(body.get("user_id") or body.get("user", {}).get("id", ""))


def teams(body: Body) -> frozenset[str]:
    """Every workspace that the payload names: the one it comes from, and the one of whoever asks."""
    named = (body.get("team_id"), (body.get("team") or {}).get("id"), (body.get("user") or {}).get("team_id"))
    return frozenset(str(team) for team in named if team)


def verb(body: Body) -> str:
    """The verb that is asked for, whether or not there is such a one."""
    if "view" in body and "actions" not in body:
        return str(body["view"].get("callback_id", ""))
    if "actions" in body:
        return str((body["actions"] or [{}])[0].get("action_id", ""))
    return str(body.get("text") or "help").split(maxsplit=1)[0].lower()


def typed(body: Body, by: Person) -> Ask:
    """From a slash command. Raises UnknownVerb."""
    words: Typed = parse(body.get("text") or "")
    return Ask(
        verb=words.verb,
        by=by,
        key=f"command/{body['trigger_id']}",
        deployment=words.deployment,
        target=words.target,
        words=words.words,
        typed=True,
    )


def clicked(body: Body, by: Person) -> Ask:
    """From a button: its action_id is the verb, its block_id says of what, its value what it was drawn for."""
    action = body["actions"][0]
    deployment, _, rest = str(action["block_id"]).partition("/")
    return Ask(
        verb=action["action_id"],
        by=by,
        key=f"click/{action['action_ts']}/{by.id}/{action['action_id']}",
        deployment=deployment.strip("-"),  # "-": about no deployment
        target=rest.partition("/")[0].strip("-"),  # "-": about the deployment as a whole
        shown=action.get("value", ""),
    )


def submitted(body: Body, by: Person) -> Ask:
    """From a modal: its callback_id is the verb, private_metadata says what it is about."""
    view = body["view"]
    about = json.loads(view.get("private_metadata") or "{}")
    values = {block: next(iter(actions.values())) for block, actions in view["state"]["values"].items()}
    return Ask(
        verb=view["callback_id"],
        by=by,
        key=f"view/{view['id']}",
        deployment=about.get("deployment", ""),
        target=about.get("target", ""),
        shown=about.get("shown", ""),
        fields={block: _one(value) for block, value in values.items()},
        items=tuple(option["value"] for option in values.get("items", {}).get("selected_options") or ()),
    )


def _one(value: Mapping[str, Any]) -> str:
    option = value.get("selected_option") or {}
    return str(value.get("value") or option.get("value") or "")
