"""The Drop app on production and staging: what it answers follows from the machines that it runs on."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from aiohttp import web

from sandbox import seed
from sandbox.faults import Faults
from sandbox.fly.documents import Json
from sandbox.fly.machine import Machine
from sandbox.fly.platform import Platform

SITES = {"production": seed.PRODUCTION_APP, "staging": seed.STAGING_APP}
LOGINS_PER_MINUTE = 10

_RATES = {"RSD": 10.24, "BAM": 0.171, "PKR": 26.31, "TRY": 3.92, "PLN": 0.362, "EUR": 0.0853}
# A driver's error names the connection, password and all, and whom it was for: neither must travel on.
_ERROR = (
    f"error: too many connections for postgres://{seed.DATABASE_LOGIN}@drop-db.internal:5432/drop, user +47 912 34 567"
)
_FLAGS = {"cards": False, "bankid": False, "dobValidation": True}


@dataclass(slots=True)
class _Minute:
    began: datetime
    logins: int = 0


class DropApp:
    """Both sites. One is up while a machine of it is healthy, and has the version that most of its machines run."""

    def __init__(self, platform: Platform, faults: Faults) -> None:
        self._platform = platform
        self._faults = faults
        self._minutes: dict[str, _Minute] = {}

    def health(self, site: str) -> tuple[int, Json]:
        """Status and body of /api/health."""
        app = SITES[site]
        machines = [machine for machine in self._platform.machines(app) if _serves(machine)]
        up = any(self._platform.health.healthy(machine) for machine in machines)
        if not up or self._faults.on("unhealthy-app"):
            return 503, {"status": "error"}
        maintenance = {"maintenance": True} if any(map(_in_maintenance, machines)) else {}
        return 200, {"status": "ok", "db": "connected", "version": _version(machines), **maintenance}

    def login(self, site: str) -> tuple[int, Json]:
        """Status and body of a login; nobody has an account here, and the eleventh try in a minute is too many."""
        now = self._platform.clock.now()
        minute = self._minutes.get(site)
        if minute is None or not minute.began <= now < minute.began + timedelta(minutes=1):
            minute = self._minutes[site] = _Minute(now)
        minute.logins += 1
        if minute.logins > LOGINS_PER_MINUTE:
            return 429, {"error": "too many requests"}
        return 401, {"error": "wrong phone number or PIN"}

    def writes(self, site: str, request: web.Request, status: int) -> None:
        """The access log of whichever machine answered, and what the app has to say beside it."""
        app = self._platform.apps[SITES[site]]
        machine = next(filter(_serves, app.standing), None)
        if machine is None:
            return
        at = self._platform.clock.now().isoformat()
        line = {"timestamp": at, "instance": machine.id, "region": machine.region}
        app.runtime.log_lines.append({**line, "level": "info", "message": f"{request.method} {request.path} {status}"})
        if self._faults.on("errors-in-log") and SITES[site] == seed.PRODUCTION_APP:
            app.runtime.log_lines.append({**line, "level": "error", "message": _ERROR})

    def snapshot(self, base_url: str = "") -> dict[str, Json]:
        """Each site as the sandbox's page draws it."""
        return {site: self._outline(site, base_url) for site in SITES}

    def _outline(self, site: str, base_url: str) -> Json:
        status, body = self.health(site)
        return {"url": f"{base_url}/{site}", "status": status, "body": body}


def routes(app: DropApp) -> list[web.RouteDef]:
    """The few paths of the app that the checklist looks at, under /production and /staging."""
    return [route for site in SITES for route in _site(app, site)]


def _site(app: DropApp, site: str) -> list[web.RouteDef]:
    async def health(request: web.Request) -> web.Response:
        status, body = app.health(site)
        app.writes(site, request, status)
        return web.json_response(body, status=status)

    async def rates(request: web.Request) -> web.Response:
        return web.json_response({"rates": _RATES})

    async def flags(request: web.Request) -> web.Response:
        return web.json_response(_FLAGS)

    async def login(request: web.Request) -> web.Response:
        status, body = app.login(site)
        return web.json_response(body, status=status, headers={"Retry-After": "60"} if status == 429 else {})

    return [
        web.get(f"/{site}/api/health", health),
        web.get(f"/{site}/api/rates", rates),
        web.get(f"/{site}/api/flags", flags),
        web.post(f"/{site}/api/auth/login", login),
    ]


def _version(machines: list[Machine]) -> str:
    images = Counter(machine.running.image.version for machine in machines if machine.running.image)
    return images.most_common(1)[0][0] if images else "unknown"


def _serves(machine: Machine) -> bool:
    """The proxy leads people to what has a service and is not cordoned."""
    return machine.state == "started" and not machine.cordoned and bool(machine.config.get("services"))


def _in_maintenance(machine: Machine) -> bool:
    return (machine.version.config.get("env") or {}).get("MAINTENANCE_MODE") == "true"
