"""The secrets of each app: what is kept of a value is its digest, and a version counts the changes."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime

from sandbox.fly.documents import timestamp
from sandbox.fly.opening import App

_OPENING_VERSION = 7


class Secrets:
    """Changes to secrets; the documents are the app's."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._versions: dict[str, int] = {}

    def version(self, app: App) -> int:
        """Rises with each change to any secret of the app."""
        return self._versions.get(app.name, _OPENING_VERSION)

    def change(self, app: App, values: Mapping[str, str | None]) -> int:
        """Set each secret, or take it away for None; gives the new version."""
        for name, value in values.items():
            self._set(app, name, value)
        self._versions[app.name] = self.version(app) + 1
        return self.version(app)

    def _set(self, app: App, name: str, value: str | None) -> None:
        at = timestamp(self._now())
        before = next((secret for secret in app.secrets if secret["name"] == name), None)
        if value is None:
            app.secrets[:] = [secret for secret in app.secrets if secret is not before]
            return
        digest = hashlib.sha256(f"{app.name}/{name}/{value}".encode()).hexdigest()[:16]
        if before:
            before.update(digest=digest, updated_at=at)
        else:
            app.secrets.append({"name": name, "digest": digest, "created_at": at, "updated_at": at})
