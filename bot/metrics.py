"""What the bot counts of itself, in Prometheus' text format. No label holds a secret, or anything that people typed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from checklist.errors import Outage, Refusal

ACK_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)  # Slack waits three seconds


class Metrics:
    """One process's counters, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.acks = Histogram(
            "drop_ack_seconds",
            "From Slack's request to its ack.",
            ["door"],
            buckets=ACK_SECONDS,
            registry=self._registry,
        )
        self.commands = self._counter("drop_commands", "Commands, by what came of them.", "verb", "outcome")
        self.refusals = self._counter("drop_refusals", "Refusals, by kind.", "kind")
        self.turned_away = self._counter("drop_requests_turned_away", "HTTP requests not taken for Slack's.", "why")
        self.repeats = self._counter("drop_repeats", "What came before and had no second effect.", "what")
        self.fly = self._counter("drop_fly_calls", "Calls to the Machines API.", "action", "status")
        self.runs = self._gauge("drop_runs", "Durable runs that are not over, or ended in error.", "state")
        self.outbox = self._gauge("drop_outbox_messages", "Notices that wait to be said in Slack.")
        self.undelivered = self._gauge("drop_outbox_undelivered", "Messages set aside: Slack refuses them for good.")
        self.skew = self._gauge("drop_clock_skew_seconds", "Their clock minus ours.", "system")
        self.drift = self._gauge("drop_drift_open", "1 while production differs from what Drop knows of it.")
        self.runner = self._gauge("drop_runner", "1 while this process runs deployments, 0 while it stands by.")
        self.record = self._gauge("drop_record_writable", "1 while the record can be written.")
        self.slack = self._gauge("drop_slack_connected", "1 while Slack is connected.")

    @contextmanager
    def command(self, verb: str) -> Iterator[None]:
        """Count one command by how it ends."""
        outcome = "bug"
        try:
            yield
            outcome = "done"
        except Refusal:
            outcome = "refused"
            raise
        except Outage:
            outcome = "outage"
            raise
        finally:
            self.commands.labels(verb, outcome).inc()

    def fly_answered(self, action: str, status: str) -> None:
        """Count one call to Fly."""
        self.fly.labels(action, status).inc()

    def clock_compared(self, system: str, seconds: float) -> None:
        """How far the clock of another system is ahead of ours."""
        self.skew.labels(system).set(seconds)

    def show_runs(self, states: Mapping[str, int]) -> None:
        """Replace what is shown of the runs."""
        self.runs.clear()
        for state, count in states.items():
            self.runs.labels(state).set(count)

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self._registry)

    def _counter(self, name: str, help: str, *labels: str) -> Counter:
        return Counter(name, help, labels, registry=self._registry)

    def _gauge(self, name: str, help: str, *labels: str) -> Gauge:
        return Gauge(name, help, labels, registry=self._registry)
