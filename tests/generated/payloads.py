"""What Slack would send: typed, clicked, submitted."""

import json
from collections.abc import Mapping

from bot.asks import Body

TEAM = "T0ALAI"


def typed(user: str, text: str, n: int) -> tuple[str, Body]:
    body = {"command": "/drop", "text": text, "user_id": user, "team_id": TEAM, "trigger_id": f"t{n}"}
    return "slash_commands", body


def clicked(user: str, verb: str, block: str, value: str, n: int) -> tuple[str, Body]:
    action = {"action_id": verb, "block_id": block, "value": value, "action_ts": f"{n}.0"}
    return "interactive", {"type": "block_actions", **_who(user), "actions": [action], "trigger_id": f"t{n}"}


def submitted(user: str, verb: str, about: Mapping[str, str], fields: Mapping[str, str], n: int) -> tuple[str, Body]:
    values = {name: {name: {"type": "plain_text_input", "value": value}} for name, value in fields.items()}
    view = {"id": f"V{n}", "callback_id": verb, "private_metadata": json.dumps(about), "state": {"values": values}}
    return "interactive", {"type": "view_submission", **_who(user), "view": view}


def _who(user: str) -> dict[str, object]:
    return {"user": {"id": user, "team_id": TEAM}, "team": {"id": TEAM}}
