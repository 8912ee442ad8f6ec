"""The durable engine's place: parts of runs that are carried out once, whichever process gets to them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar, cast

from runs.conduct import Conductor
from runs.workflows import WORKFLOWS, Part
from tests.generated.stores import Run, Store

T = TypeVar("T")
LANES = {"moves": ("deploy", "finish", "rollback"), "reads": ("prepare", "check")}


@dataclass(slots=True)
class Engine:
    """What outlives a process: the runs that wait, and the result of each part that was carried out."""

    store: Store
    results: dict[tuple[str, int], object] = field(default_factory=dict)
    busy: set[str] = field(default_factory=set)  # the lanes in which a run is under way

    async def goes_on(self, conductor: Conductor, lanes: Iterable[str] = tuple(LANES)) -> bool:
        """Carry out the next run of the first free lane that has one. Returns whether there was one."""
        for lane in [lane for lane in lanes if lane not in self.busy]:
            found = self.store.next_run(*LANES[lane])
            if found:
                self.busy.add(lane)
                try:
                    await self._carry_out(found, conductor)
                finally:
                    self.busy.discard(lane)
                return True
        return False

    async def _carry_out(self, found: Run, conductor: Conductor) -> None:
        run, workflow, arguments = found
        await WORKFLOWS[workflow](conductor, _Parts(self, run), *arguments)
        self.store.over(run)


@dataclass(slots=True)
class _Parts:
    """Carries out the parts of one run, each once, whatever happened to the process in between."""

    engine: Engine
    run: str
    place: int = 0

    async def __call__(self, name: str, part: Part[T], *arguments: str) -> T:
        self.place += 1
        key = (self.run, self.place)
        if key not in self.engine.results:
            self.engine.results[key] = await part(*arguments)
        return cast(T, self.engine.results[key])
