"""What is counted: every metric is documented, and each command is counted by how it ends."""

import contextlib
import re

import pytest

from bot.metrics import Metrics
from checklist.errors import NothingOpen, Outage
from tests.conftest import ROOT


def test_every_metric_is_documented_and_nothing_else_is() -> None:
    names = re.findall(r"^# TYPE (drop_\w+) ", Metrics().text().decode(), flags=re.MULTILINE)

    assert set(re.findall(r"`(drop_\w+)`", (ROOT / "docs" / "http.md").read_text())) == {
        name for name in names if not name.endswith("_created")
    }


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (None, "done"),
        (NothingOpen(), "refused"),
        (Outage("Fly", "is down", retry=True), "outage"),
        (ZeroDivisionError(), "bug"),
    ],
)
def test_a_command_is_counted_by_how_it_ends(error: Exception | None, outcome: str) -> None:
    metrics = Metrics()

    with contextlib.suppress(NothingOpen, Outage, ZeroDivisionError), metrics.command("start"):
        if error:
            raise error

    counted = f'drop_commands_total{{outcome="{outcome}",verb="start"}} 1.0'
    assert counted in metrics.text().decode()


def test_two_sets_of_counters_know_nothing_of_each_other() -> None:
    one, other = Metrics(), Metrics()

    one.refusals.labels("NotNow").inc()

    assert "NotNow" in one.text().decode()
    assert "NotNow" not in other.text().decode()


def test_what_is_over_is_no_longer_shown() -> None:
    metrics = Metrics()
    metrics.show_runs({"PENDING": 1})

    metrics.show_runs({"ERROR": 2})

    assert 'drop_runs{state="ERROR"} 2.0' in metrics.text().decode()
    assert "PENDING" not in metrics.text().decode()
