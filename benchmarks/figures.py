"""Samples, and how they are printed."""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figures:
    """Samples in seconds."""

    samples: Sequence[float]

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    @property
    def p99(self) -> float:
        """The nearest rank: the sample that 99 % do not exceed."""
        return sorted(self.samples)[math.ceil(len(self.samples) * 0.99) - 1]


@dataclass(frozen=True, slots=True)
class Table:
    """Figures by name, each with its ratio to the median of one of them."""

    title: str
    rows: Mapping[str, Figures]
    against: str

    def __str__(self) -> str:
        width, base = max(map(len, self.rows)), self.rows[self.against].median
        lines = [f"  {name:<{width}}  {_columns(figures, base)}" for name, figures in self.rows.items()]
        head = f"  {'':<{width}}  {'n':>5} {'median':>10} {'p99':>10} {'ratio':>7}"
        return "\n".join(["", self.title, head, *lines])


def _columns(figures: Figures, base: float) -> str:
    median, p99 = f"{figures.median * 1000:.2f} ms", f"{figures.p99 * 1000:.2f} ms"
    return f"{len(figures.samples):>5} {median:>10} {p99:>10} {figures.median / base:>7.2f}"
