"""How long things take on this Fly.io: short by default, and as long as a benchmark likes."""

from dataclasses import dataclass


@dataclass(slots=True)
class Durations:
    """Seconds of real time; whoever holds the platform may change them while it runs."""

    move: float = 0.3  # one change of state: a pull, a start, a stop, a swap
    health: float = 0.4  # from a start to the first check that passes
    slow_health: float = 5.0
    flap: float = 0.8  # how long a flapping check stays as it is
    unseen: float = 0.2  # how long a new machine is hidden from other nodes
    unreachable: float = 2.0  # how long a change hangs on a host that does not answer
    longest_exec: float = 30.0
