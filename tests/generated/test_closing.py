"""The window closes while a bluegreen rollout waits for Fly's answer: no new machine is begun after it."""

from structlog.testing import capture_logs

from checklist.books import ROLLOUT
from checklist.steps import Book
from tests.crashes.passages import Passage
from tests.crashes.scenes import SCENES
from tests.generated.episodes import stored
from tests.generated.loop import lives
from tests.generated.world import World


def test_no_new_machine_is_begun_when_the_window_closes_while_the_old_one_is_read() -> None:
    with stored(in_sqlite=False) as store, capture_logs():
        world = World(store)

        async def closes(event: str) -> None:
            found = world.newest()
            step = found and found.next_step(Book.DEPLOY)
            if event == "fleet.machine" and found and found.window and step and step.id == ROLLOUT:
                world.time.reaches(found.window.closes)

        left = lives(world.time, Passage(world=world, scene=SCENES["bluegreen"], meanwhile=closes).goes())
        entries = store.entries()

    failed = [str(entry["body"]["reason"]) for entry in entries if entry["kind"] == "step.failed"]
    assert left.violations == []
    assert "before fleet.create" not in left.events[0]
    assert "the window closed before machine" in failed[0]
