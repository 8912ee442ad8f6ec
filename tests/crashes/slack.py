"""Slack's own client over the sandbox's workspace, without HTTP: each method is a call on the process's wires."""

import json
from typing import Any  # the client's own signature: Slack's JSON

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from sandbox.slack.methods import METHODS
from sandbox.slack.wire import Object, Refused
from sandbox.slack.workspace import Workspace
from tests.generated.wires import Wires


class WiredClient(AsyncWebClient):
    """One process's client."""

    def __init__(self, workspace: Workspace, wires: Wires) -> None:
        super().__init__(token="xoxb-sandbox")
        self._workspace = workspace
        self._wires = wires

    async def api_call(self, api_method: str, **more: Any) -> AsyncSlackResponse:
        await self._wires.meanwhile(api_method)
        self._wires.passes(f"before {api_method}")
        asked = more.get("json") or more.get("params") or {}
        arguments: Object = json.loads(json.dumps({key: value for key, value in asked.items() if value is not None}))
        entry = self._workspace.record("api", api_method, arguments)
        status = 200
        try:
            answer = METHODS[api_method].run(self._workspace, arguments)
        except Refused as refused:
            answer, status = refused.body, refused.status
        entry |= {"response": answer, "status": status}
        self._wires.passes(f"after {api_method}")
        return self._response(api_method, answer, status)

    def _response(self, method: str, answer: Object, status: int) -> AsyncSlackResponse:
        response = AsyncSlackResponse(
            client=self,
            http_verb="POST",
            api_url=method,
            req_args={},
            data=answer,
            headers={},
            status_code=status,
        )
        if not answer.get("ok"):
            raise SlackApiError(str(answer.get("error")), response)  # type: ignore[no-untyped-call]  # slack_sdk has no types here
        return response
