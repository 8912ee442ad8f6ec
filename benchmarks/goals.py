"""What the product promises, and whether a measured figure keeps it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A figure and the most, or the least, that it may be."""

    name: str
    figure: float
    unit: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def is_kept(self) -> bool:
        above = self.at_most is not None and self.figure > self.at_most
        below = self.at_least is not None and self.figure < self.at_least
        return not above and not below

    def __str__(self) -> str:
        limit = f"at most {self.at_most:g}" if self.at_most is not None else f"at least {self.at_least:g}"
        verdict = "as promised" if self.is_kept else "WORSE than promised"
        return f"  {self.name}: {self.figure:.2f}{self.unit}, {limit}{self.unit} is the goal: {verdict}"
