"""A lease that is held is refreshed in the world's own time, beside whatever its holder waits for."""

from datetime import datetime
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from tests.crashes.passages import Passage
from tests.crashes.scenes import SCENES, Scene
from tests.generated.episodes import stored
from tests.generated.loop import lives
from tests.generated.world import World

EVERY = 4.0  # seconds
A_MOMENT = 1.5  # seconds: each call takes a tenth of one, and all machines that are in hand have their turn


def pauses(scene: Scene) -> list[float]:
    """How long each lease went without a word to Fly.io, from when it was taken until it was let go."""
    with stored(in_sqlite=False) as store, capture_logs():
        world = World(store, extras=scene.extras)
        lives(world.time, Passage(world=world, scene=scene).goes())
    words = [entry for entry in world.platform.log if str(entry["path"]).endswith("/lease")]
    of_each = [[word for word in words if word["path"] == path] for path in {word["path"] for word in words}]
    return [
        (datetime.fromisoformat(later["at"]) - datetime.fromisoformat(word["at"])).total_seconds()
        for told in of_each
        for word, later in pairwise(told)
        if word["method"] == "POST"
    ]


@pytest.mark.parametrize("name", ["rolling", "pools", "bluegreen", "bluegreen-of-four"])
def test_a_lease_is_refreshed_every_four_seconds_for_as_long_as_it_is_held(name: str) -> None:
    found = pauses(SCENES[name])

    assert EVERY <= max(found) <= EVERY + A_MOMENT
