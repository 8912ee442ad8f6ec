"""A small app for the tests: a form, buttons, and listeners that remember what they were told."""

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

# Bolt hands its listeners untyped JSON and untyped functions.
Body = dict[str, Any]
Listener = Any

FORM = {
    "type": "modal",
    "callback_id": "deploy",
    "title": {"type": "plain_text", "text": "Deploy"},
    "submit": {"type": "plain_text", "text": "Open"},
    "notify_on_close": True,
    "blocks": [
        {
            "type": "input",
            "block_id": "version",
            "label": {"type": "plain_text", "text": "Version"},
            "element": {"type": "plain_text_input", "action_id": "version"},
        },
        {
            "type": "input",
            "block_id": "migrations",
            "label": {"type": "plain_text", "text": "Migrations"},
            "element": {
                "type": "static_select",
                "action_id": "migrations",
                "options": [
                    {"text": {"type": "plain_text", "text": "Yes"}, "value": "yes"},
                    {"text": {"type": "plain_text", "text": "No"}, "value": "no"},
                ],
                "initial_option": {"text": {"type": "plain_text", "text": "No"}, "value": "no"},
            },
        },
    ],
}


def button(label: str, **more: object) -> Body:
    return {"type": "button", "text": {"type": "plain_text", "text": label}, "action_id": label.lower(), **more}


def actions(*elements: Body, block_id: str = "CR-001/approval/1") -> Body:
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def opens(bot: AsyncApp, form: Body = FORM) -> None:
    """/drop opens a form."""

    @bot.command("/drop")
    async def drop(ack: Listener, body: Body, client: AsyncWebClient) -> None:
        await client.views_open(trigger_id=body["trigger_id"], view=form)
        await ack()


def clicked(bot: AsyncApp, action_id: str) -> list[Body]:
    """What the bot is told when the element is used."""
    bodies: list[Body] = []

    @bot.action(action_id)
    async def click(ack: Listener, body: Body) -> None:
        bodies.append(body)
        await ack()

    return bodies
