"""The releases of each app: numbers that count up, and what became of each."""

from collections.abc import Callable, Mapping
from datetime import datetime

from sandbox.fly.documents import Json, timestamp, ulid
from sandbox.fly.errors import Refused
from sandbox.fly.opening import App
from sandbox.fly.tokens import Token

STRATEGIES = {"BLUEGREEN", "CANARY", "IMMEDIATE", "ROLLING", "ROLLING_ONE", "SIMPLE"}
STATUSES = {"running", "complete", "failed", "interrupted"}

_OPENING_DEFINITION: Json = {"app": "", "primary_region": "arn", "http_service": {"internal_port": 8080}}


class Releases:
    """Releases by id over all apps; the newest of an app comes first in its own list."""

    def __init__(self, apps: Mapping[str, App], now: Callable[[], datetime]) -> None:
        self._apps = apps
        self._now = now
        self._definitions: dict[str, Json] = {}
        self._updated: dict[str, str] = {}

    def create(self, app: App, body: Json, *, image: object, by: Token) -> Json:
        """The next release of an app, which is pending. Raises Refused(422)."""
        definition, strategy = body.get("definition"), str(body.get("strategy", "")).upper()
        if not isinstance(image, str) or not image:
            raise Refused(422, "image can't be blank")
        if not isinstance(definition, dict):
            raise Refused(422, "definition must be an object")
        if strategy not in STRATEGIES:
            raise Refused(422, f"strategy must be one of {', '.join(sorted(STRATEGIES))}")
        release = self._next(app, image, strategy, by)
        app.releases.insert(0, release)
        self._definitions[release["id"]] = definition
        return release

    def update(self, id: object, status: object) -> Json:
        """What became of a release. Raises Refused: 404, 422."""
        release = self._found(id)
        if status not in STATUSES:
            raise Refused(422, f"status must be one of {', '.join(sorted(STATUSES))}")
        release.update(status=status, in_progress=status == "running", stable=status == "complete")
        self._updated[release["id"]] = timestamp(self._now())
        return release

    def definition(self, app: App, release: Json) -> Json:
        return self._definitions.get(release["id"], {**_OPENING_DEFINITION, "app": app.name})

    def updated_at(self, release: Json) -> str:
        return self._updated.get(release["id"], str(release["created_at"]))

    def _next(self, app: App, image: str, strategy: str, by: Token) -> Json:
        now = self._now()
        return {
            "id": ulid(now),
            "version": 1 + max((release["version"] for release in app.releases), default=0),
            "stable": False,
            "in_progress": False,
            "status": "pending",
            "strategy": strategy,
            "description": "Release",
            "user": {"id": by.id, "name": "", "email": by.owner},
            "created_at": timestamp(now),
            "image_ref": image,
        }

    def _found(self, id: object) -> Json:
        for app in self._apps.values():
            for release in app.releases:
                if release["id"] == id:
                    return release
        raise Refused(404, "release not found")
