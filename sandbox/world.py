"""Everything that the sandbox stands in for, in one place, and the bot that lives in it."""

import itertools
import os
import socket
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from sandbox import seed
from sandbox.child import Child
from sandbox.clock import Clock, next_opening, real_now
from sandbox.dropapp import DropApp
from sandbox.faults import Faults
from sandbox.fly.opening import TWO_MACHINES, Fleet
from sandbox.fly.platform import Platform
from sandbox.slack.acts import Acts
from sandbox.slack.delivery import Delivery
from sandbox.slack.link import Link
from sandbox.slack.manifest import Manifest
from sandbox.slack.request_url import RequestUrl
from sandbox.slack.wire import Object
from sandbox.slack.workspace import Workspace
from sandbox.team import Team

_OURS = ("SLACK_", "FLY_", "GITHUB_", "DROP_", "DATABASE_URL")
_LOOPBACK = "127.0.0.1"
_CLOCKS_AHEAD = timedelta(minutes=3)  # by the platforms' clocks, while the fault clock-slow is on


class World:
    """The stand-ins, the clock and faults that they share, and the bot. Making one opens the clock in a window.

    With `http`, Slack delivers by signed requests to the first bot's port; otherwise each bot dials in by Socket Mode.
    Several bots need a `database_url` that they can share. Production opens with the machines of `fleet`.
    """

    def __init__(
        self,
        base_url: str,
        folder: Path,
        *,
        bot_command: Sequence[str] = (),
        manifest: Manifest | None = None,
        http: bool = False,
        database_url: str = "",
        bots: int = 1,
        fleet: Fleet = TWO_MACHINES,
    ) -> None:
        self.base_url = base_url
        self.folder = folder
        self.http = http
        self.database_url = database_url or f"sqlite:///{folder / 'drop.db'}"
        self._ports = [free_port() for _ in range(bots)]
        self.next_n = itertools.count(1).__next__
        self.clock = Clock(folder / "clock")
        self.clock.set(next_opening(real_now()))
        self.faults = Faults()
        self.clocks_ahead = _CLOCKS_AHEAD
        self.workspace = Workspace(
            base_url, manifest=manifest, faults=self.faults, now=self.clock.now, next_n=self.next_n
        )
        self.team = Team(self.workspace)
        self.link = Link(self.workspace)
        self.delivery: Delivery = self._request_url() if http else self.link
        self.acts = Acts(self.workspace, self.delivery)
        self.platform = Platform(self.clock, self.faults, self.next_n, fleet=fleet)
        self.apps = DropApp(self.platform, self.faults)
        self.children = [self._child(number, bot_command) for number in range(1, bots + 1)]

    @property
    def child(self) -> Child:
        """The first bot, and mostly the only one."""
        return self.children[0]

    @property
    def bot_port(self) -> int:
        """Where the first bot serves its own HTTP."""
        return self._ports[0]

    @property
    def checklist(self) -> Path:
        """Where the workplace's copy of the checklist lies."""
        return self.folder / "checklist.yml"

    def environment(self, number: int = 1) -> dict[str, str]:
        """The variables that point the bot of that number at this world, and at nothing else."""
        unused = "SLACK_APP_TOKEN" if self.http else "SLACK_SIGNING_SECRET"
        secrets = {name: value for name, value in seed.CREDENTIALS.items() if name != unused}
        return secrets | {
            "SLACK_API_URL": f"{self.base_url}/slack/api/",
            "FLY_FLAPS_BASE_URL": f"{self.base_url}/fly",
            "FLY_API_BASE_URL": f"{self.base_url}/fly",
            "FLY_REGISTRY_URL": f"{self.base_url}/registry",
            "GITHUB_API_URL": f"{self.base_url}/github",
            "HOST": _LOOPBACK,
            "PORT": str(self._ports[number - 1]),
            "DATABASE_URL": self.database_url,
            "DROP_CHECKLIST": str(self.checklist),
            "DROP_CLOCK_FILE": str(self.folder / "clock"),
        }

    def fingerprint(self) -> object:
        """Something that differs whenever anyone could see a difference."""
        return (
            self.workspace.version,
            list(self.team.deeds.items()),
            self.delivery.connections,
            self.clock.offset_seconds,
            self.bot(),
            self.faults.version,
            self.faults.snapshot(),
            self.platform.snapshot(),
            self.apps.snapshot(),
        )

    def bot(self) -> Object:
        """How the bot is, and each of them if there are several."""
        every = [_condition(child) for child in self.children]
        return every[0] | {"connections": self.delivery.connections, "processes": every}

    def _child(self, number: int, command: Sequence[str]) -> Child:
        log = self.folder / ("bot.log" if number == 1 else f"bot-{number}.log")
        return Child(command, lambda: surroundings(self.environment(number)), log)

    def _request_url(self) -> RequestUrl:
        url = f"http://{_LOOPBACK}:{self.bot_port}/slack/events"
        return RequestUrl(self.workspace, url, seed.CREDENTIALS["SLACK_SIGNING_SECRET"])


def _condition(child: Child) -> Object:
    return {"running": child.running, "pid": child.pid, "restarts": child.restarts, "exit": child.exit_code}


def surroundings(ours: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with `ours` in place of everything that could point at a real workplace."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return kept | dict(ours)


def free_port() -> int:
    """A port of loopback on which nothing listens now: a bot serves its own HTTP there."""
    with socket.create_server((_LOOPBACK, 0)) as listening:
        port: int = listening.getsockname()[1]
        return port
