"""The part of Fly.io's GraphQL that deploys still use: releases, an image by its name, may this app go bluegreen."""

from collections.abc import Callable
from functools import partial

from sandbox.fly.calls import Call, Reply
from sandbox.fly.documents import Body, Json
from sandbox.fly.errors import Refused
from sandbox.fly.graphql import Malformed, Node, Value, parse
from sandbox.fly.images import Reference
from sandbox.fly.opening import App

_CODES = {401: "UNAUTHORIZED", 403: "UNAUTHORIZED", 404: "NOT_FOUND"}


async def ask(call: Call) -> Reply:
    """200 whatever becomes of the operation: what went wrong is in `errors`, and then there is no data."""
    variables = call.body.get("variables") or {}
    try:
        operation = parse(str(call.body.get("query") or ""), variables if isinstance(variables, dict) else {})
        root = _query(call) if operation.kind == "query" else _mutation(call)
        data = root.select(operation.fields)
    except Malformed as error:
        return Reply(_errors(str(error), "GRAPHQL_VALIDATION_FAILED"))
    except Refused as refusal:
        return refused(refusal)
    return Reply({"data": data}, applied=operation.kind == "mutation")


def refused(refusal: Refused) -> Reply:
    """A refusal as GraphQL tells it: an outage or a limit as any API, everything else as a 200."""
    if refusal.status >= 500 or refusal.status == 429:
        return Reply(refusal.body(), status=refusal.status)
    return Reply(_errors(refusal.text, _CODES.get(refusal.status, "UNPROCESSABLE")))


def _query(call: Call) -> Node:
    return Node("Queries", {}, {"app": partial(_app, call), "canPerformBluegreenDeployment": partial(_bluegreen, call)})


def _mutation(call: Call) -> Node:
    return Node("Mutations", {}, {"createRelease": partial(_create, call), "updateRelease": partial(_update, call)})


def _bluegreen(call: Call, *, name: str) -> bool:
    _found(call, name)
    return not call.platform.faults.on("bluegreen-limit")


def _app(call: Call, *, name: str) -> Node:
    app = _found(call, name)

    def releases(*, first: int = 25, status: str = "", **_: Value) -> Node:
        found = [release for release in app.releases if status in ("", release["status"])]
        return Node("ReleaseUnprocessedConnection", {"nodes": [_release(call, app, one) for one in found[:first]]})

    def current() -> Node | None:
        return _release(call, app, app.releases[0]) if app.releases else None

    computed: dict[str, Callable[..., Value]] = {
        "image": partial(_image, call),
        "releasesUnprocessed": releases,
        "currentReleaseUnprocessed": current,
    }
    return Node("App", {"id": app.id, "name": app.name}, computed)


def _image(call: Call, *, ref: str) -> Node | None:
    """What the name gives today; nothing for one that nobody pushed, or that is in another registry."""
    reference = Reference.parse(ref)
    image = call.platform.registry.pulled(reference) if reference else None
    if image is None:
        return None
    values = {"id": image.digest, "digest": image.digest, "ref": ref, "compressedSize": "48210332"}
    return Node("Image", {**values, "compressedSizeFull": "48210332", "manifest": {"schemaVersion": 2}})


def _release(call: Call, app: App, release: Json) -> Node:
    user = release["user"]
    return Node(
        "ReleaseUnprocessed",
        {
            **{name: release[name] for name in ("id", "version", "description", "status", "stable")},
            "reason": "",
            "imageRef": release["image_ref"],
            "user": Node("User", {name: user[name] for name in ("id", "email", "name")}),
            "createdAt": release["created_at"],
            "updatedAt": call.platform.releases.updated_at(release),
            "configDefinition": call.platform.releases.definition(app, release),
            "deploymentStrategy": release["strategy"],
            "inProgress": release["in_progress"],
            "revertedTo": None,
            "evaluationId": None,
        },
        {"image": lambda: _image(call, ref=release["image_ref"])},
    )


def _create(call: Call, *, input: Json) -> Node:
    app = _writable(call, str(input.get("appId")))
    if input.get("platformVersion") != "machines":
        raise Refused(422, "platformVersion must be machines")
    release = call.platform.releases.create(app, input, image=input.get("image"), by=call.token)
    return _payload("CreateReleasePayload", input, _release(call, app, release))


def _update(call: Call, *, input: Json) -> Node:
    if not call.token.writes:
        raise Refused(403, "Not authorized to perform this action")
    release = call.platform.releases.update(input.get("releaseId"), input.get("status"))
    app = next(app for app in call.platform.apps.values() if release in app.releases)
    return _payload("UpdateReleasePayload", input, _release(call, app, release))


def _payload(type: str, input: Json, release: Node) -> Node:
    return Node(type, {"clientMutationId": input.get("clientMutationId"), "release": release})


def _writable(call: Call, id: str) -> App:
    if not call.token.writes:
        raise Refused(403, "Not authorized to perform this action")
    return _found(call, id)


def _found(call: Call, name: str) -> App:
    """An app by its name, or by its id."""
    for app in call.platform.apps.values():
        if name in (app.name, app.id):
            return app
    raise Refused(404, "Could not find App")


def _errors(message: str, code: str) -> Body:
    return {"data": None, "errors": [{"message": message, "extensions": {"code": code}}]}
