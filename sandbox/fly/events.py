"""The events of a machine, as typed as the platform types them: an exit stands in one of two places."""

from datetime import datetime

from sandbox.fly.documents import Json, milliseconds, timestamp, ulid

KILLED = 137


def event(kind: str, status: str, source: str, at: datetime) -> Json:
    return {"id": ulid(at), "type": kind, "status": status, "source": source, "timestamp": milliseconds(at)}


def requested_exit(at: datetime, *, exit_code: int = 0) -> Json:
    """The exit of a process that was told to stop."""
    ended = _exit(at, exit_code=exit_code, signal=-1, requested=True, restarting=False)
    return {**event("exit", "stopped", "flyd", at), "request": {"exit_event": ended, "restart_count": 0}}


def own_exit(at: datetime, *, exit_code: int, signal: int, restarts: int, restarting: bool, monitored: bool) -> Json:
    """The exit of a process by itself; a monitored one is told a level deeper (go: GetExitCode looks there first)."""
    ended = {"exit_event": _exit(at, exit_code=exit_code, signal=signal, requested=False, restarting=restarting)}
    request = {"MonitorEvent": ended} if monitored else ended
    return {**event("exit", "stopped", "flyd", at), "request": {**request, "restart_count": restarts}}


def _exit(at: datetime, *, exit_code: int, signal: int, requested: bool, restarting: bool) -> Json:
    return {
        "exit_code": exit_code,
        "guest_exit_code": exit_code,
        "guest_signal": signal,
        "signal": -1,
        "oom_killed": False,
        "requested_stop": requested,
        "restarting": restarting,
        "exited_at": timestamp(at),
    }
