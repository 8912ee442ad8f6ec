"""The strategies of a rollout, one file each: a formation in, the next actions out. They read and change nothing."""

from checklist.rollout import Strategies
from checklist.words import StrategyName
from fly.strategies.bluegreen import BlueGreen
from fly.strategies.canary import Canary
from fly.strategies.immediate import Immediate
from fly.strategies.rolling import Rolling

STRATEGIES: Strategies = {
    StrategyName.ROLLING: Rolling,
    StrategyName.CANARY: Canary,
    StrategyName.BLUEGREEN: BlueGreen,
    StrategyName.IMMEDIATE: Immediate,
}
