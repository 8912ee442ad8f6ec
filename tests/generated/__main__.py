"""python -m tests.generated SEED: one episode again, act by act."""

import sys

from tests.generated.episodes import play

if __name__ == "__main__":
    first = int(sys.argv[1])
    tally = play(range(first, first + int((sys.argv[2:] or ["1"])[0])))
    sys.stdout.write(f"{tally}\n")
