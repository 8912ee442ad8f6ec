"""The Web API's door: arguments in every form that clients send, tokens, scopes and rates (Slack: Web API)."""

import json
from http import HTTPStatus
from urllib.parse import parse_qsl

from aiohttp import web

from sandbox import seed
from sandbox.slack.methods import METHODS, Method
from sandbox.slack.rates import PACES
from sandbox.slack.wire import Object, Refused
from sandbox.slack.workspace import Workspace

_IN_JSON = ("blocks", "view", "metadata", "attachments", "message")
_RATELIMITED_SECONDS = 2


class WebApi:
    """POST or GET /slack/api/{method}."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def routes(self) -> list[web.RouteDef]:
        return [web.route(verb, "/slack/api/{method}", self.call) for verb in ("GET", "POST")]

    async def call(self, request: web.Request) -> web.StreamResponse:
        """Answer one call, and write it into the log."""
        name = request.match_info["method"]
        arguments = await _arguments(request)
        token = _token(request, arguments)
        entry = self._workspace.record("api", name, arguments)
        if name in METHODS and METHODS[name].writes and self._workspace.faults.strikes("slack-reset"):
            cut(request)
            return web.Response()
        try:
            answer = self._answer(name, token, arguments)
        except Refused as refused:
            entry |= {"response": refused.body, "status": refused.status}
            return _no(refused)
        entry |= {"response": answer, "status": HTTPStatus.OK}
        return self._spoilt(request, name, entry) or web.json_response(answer, headers=self._scopes(token))

    def _scopes(self, token: str) -> dict[str, str]:
        """What the token may do, as Slack says it beside each answer."""
        scopes = self._workspace.manifest.scopes
        if scopes is None or token != seed.CREDENTIALS["SLACK_BOT_TOKEN"]:
            return {}
        return {"x-oauth-scopes": ",".join(sorted(scopes))}

    def _spoilt(self, request: web.Request, name: str, entry: Object) -> web.StreamResponse | None:
        """What comes instead of the answer to a call that was carried out."""
        faults = self._workspace.faults
        if name == "chat.postMessage" and faults.strikes("post-then-timeout"):
            entry["status"] = None
            cut(request)
            return web.Response()
        if name == "chat.postMessage" and faults.strikes("post-then-500"):
            entry["status"] = HTTPStatus.INTERNAL_SERVER_ERROR
            return _page(HTTPStatus.INTERNAL_SERVER_ERROR)
        return _page(HTTPStatus.OK) if faults.strikes("slack-garbage") else None

    def _answer(self, name: str, token: str, arguments: Object) -> Object:
        if self._workspace.faults.on("slack-down"):
            raise Refused("service_unavailable", status=HTTPStatus.SERVICE_UNAVAILABLE)
        if self._workspace.faults.strikes("slack-500"):
            raise Refused("internal_error", status=HTTPStatus.INTERNAL_SERVER_ERROR)
        method = METHODS.get(name)
        if method is None:
            raise Refused("unknown_method")
        _admit(token, name)
        if name != "apps.connections.open" and self._workspace.faults.on("token-revoked"):
            raise Refused("token_revoked")
        if method.scope is not None:
            self._workspace.manifest.requires(method.scope)
        self._pace(name, method)
        if name == "chat.update" and self._workspace.faults.strikes("edit-refused"):
            raise Refused("invalid_blocks")
        return method.run(self._workspace, arguments)

    def _pace(self, name: str, method: Method) -> None:
        if method.writes and self._workspace.faults.strikes("slack-ratelimited"):
            raise Refused("ratelimited", status=429, retry_after=_RATELIMITED_SECONDS)
        wait = self._workspace.rates.take(name, PACES[name]) if name in PACES else 0
        if wait:
            raise Refused("ratelimited", status=429, retry_after=wait)


def cut(request: web.Request) -> None:
    """Drop the connection, so that whatever is answered never arrives."""
    if request.transport is not None:
        request.transport.abort()


def _page(status: HTTPStatus) -> web.Response:
    """What a proxy in between says, in a form of its own."""
    return web.Response(text="upstream connect error", status=status, content_type="text/plain")


def _admit(token: str, name: str) -> None:
    """Tokens are of a kind: one that starts with xapp opens connections, xoxb does the rest."""
    if not token:
        raise Refused("not_authed")
    kinds = {seed.CREDENTIALS["SLACK_BOT_TOKEN"]: False, seed.CREDENTIALS["SLACK_APP_TOKEN"]: True}
    if token not in kinds:
        raise Refused("invalid_auth")
    if kinds[token] != (name == "apps.connections.open"):
        raise Refused("not_allowed_token_type")


def _token(request: web.Request, arguments: Object) -> str:
    """The token, which is taken out of the arguments so that no log holds it."""
    in_arguments = str(arguments.pop("token", "") or "")
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme == "Bearer" else in_arguments


async def _arguments(request: web.Request) -> Object:
    arguments: Object = dict(request.query)
    if request.content_type == "application/json":
        return arguments | _object(await request.text())
    if request.content_type == "application/x-www-form-urlencoded":
        arguments |= dict(parse_qsl(await request.text(), keep_blank_values=True))
    elif request.content_type == "multipart/form-data":
        arguments |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    return {name: _decoded(name, value) for name, value in arguments.items()}


def _object(text: str) -> Object:
    try:
        given = json.loads(text or "{}")
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def _decoded(name: str, value: str) -> object:
    """A form carries blocks, views and metadata as JSON in a string."""
    if name not in _IN_JSON:
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _no(refused: Refused) -> web.Response:
    headers = {} if refused.retry_after is None else {"Retry-After": str(refused.retry_after)}
    return web.json_response(refused.body, status=refused.status, headers=headers)
