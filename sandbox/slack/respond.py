"""response_url: the bot's answer to one act, without a token (Slack: handling user interaction)."""

import json
from http import HTTPStatus

from aiohttp import web

from sandbox import seed
from sandbox.slack.messages import Message
from sandbox.slack.methods.chat import contents
from sandbox.slack.tickets import ResponseUrl
from sandbox.slack.wire import Object, Refused, truth
from sandbox.slack.workspace import Workspace


class Respond:
    """POST /slack/respond/{name}."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/slack/respond/{name}", self.respond)]

    async def respond(self, request: web.Request) -> web.Response:
        """Take one answer, and write it into the log."""
        try:
            given = json.loads(await request.text())
        except ValueError:
            given = {}
        entry = self._workspace.record("api", "response_url", given)
        try:
            self._take(request.match_info["name"], given if isinstance(given, dict) else {})
        except Refused as refused:
            status = refused.status if refused.status != HTTPStatus.OK else HTTPStatus.BAD_REQUEST
            entry |= {"response": refused.body, "status": status}
            return web.json_response(refused.body, status=status)
        entry |= {"response": "ok", "status": HTTPStatus.OK}
        return web.Response(text="ok")

    def _take(self, name: str, given: Object) -> None:
        if self._workspace.faults.on("slack-down"):
            raise Refused("service_unavailable", status=HTTPStatus.SERVICE_UNAVAILABLE)
        response = self._workspace.tickets.use_response(name)
        if response.source is not None and truth(given.get("delete_original")):
            self._delete(response.source)
            if set(given) <= {"delete_original"}:
                return
        answer(self._workspace, response, given)

    def _delete(self, source: Message) -> None:
        talk = self._workspace.conversations[source.channel]
        talk.messages.pop(source.ts, None)
        self._workspace.changed()


def answer(workspace: Workspace, response: ResponseUrl, given: Object) -> Message:
    """Show the bot's answer to an act: to the one who acted, unless it is `in_channel`."""
    text, blocks = contents(given)
    source = response.source
    if source is not None and _replaces(given):
        source.text, source.blocks = text, blocks
        source.chosen.clear()
        workspace.changed()
        return source
    return workspace.say(
        workspace.conversations[response.channel],
        seed.BOT_USER,
        text,
        blocks=blocks,
        thread_ts=given.get("thread_ts"),
        only_for=None if given.get("response_type") == "in_channel" else response.user,
    )


def _replaces(given: Object) -> bool:
    """Whether the clicked message is replaced. Unsaid, a threaded in_channel answer does overwrite it."""
    if "replace_original" in given:
        return truth(given["replace_original"])
    return given.get("response_type") == "in_channel" and given.get("thread_ts") is not None
