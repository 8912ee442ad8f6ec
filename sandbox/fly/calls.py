"""What every endpoint is given, and what it gives back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from multidict import MultiMapping

from sandbox.fly.documents import Body, Json
from sandbox.fly.errors import Refused
from sandbox.fly.journal import NONCE
from sandbox.fly.machine import Machine
from sandbox.fly.opening import App
from sandbox.fly.platform import Platform
from sandbox.fly.tokens import Token

AFFINITY = "fly_flaps_affinity"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer; `applied` says that it changed a machine or a lease."""

    body: Body
    status: int = 200
    applied: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was let in."""

    platform: Platform
    params: Mapping[str, str]
    query: MultiMapping[str]
    headers: Mapping[str, str]
    body: Json
    token: Token

    @property
    def nonce(self) -> str:
        return self.headers.get(NONCE, "")

    @property
    def app(self) -> App:
        """The app in the path, or 404."""
        app = self.platform.apps.get(self.params["app"])
        if app is None:
            raise Refused(404, "app not found")
        return app

    @property
    def machine(self) -> Machine:
        """The machine in the path as it is now, a destroyed one too, or 404."""
        machine = self.app.machines.get(self.params["machine"])
        if machine is None or not self.sees(machine):
            raise Refused(404, "machine not found")
        machine.settle()
        return machine

    @property
    def standing(self) -> Machine:
        """The machine in the path as it is now, or 404: nothing can be done to a destroyed one."""
        machine = self.machine
        if machine.state == "destroyed":
            raise Refused(404, "machine not found")
        return machine

    def sees(self, machine: Machine) -> bool:
        """A new machine is known to the node that made it, where the cookie leads, and a little later to all."""
        led = AFFINITY in self.headers.get("Cookie", "")
        return led or self.platform.stopwatch() >= machine.hidden_until
