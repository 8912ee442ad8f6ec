"""The life of a deployment: its states, its moves, and the one table that joins them."""

from collections.abc import Mapping
from enum import StrEnum


class Move(StrEnum):
    """Everything that can be asked of a deployment, or happen to it."""

    OPEN = "open"
    CHECK = "check"  # the world is read again
    SETTLE = "settle"  # a mark: by a check, a confirmation, a statement
    FAIL = "fail"  # an item's role says that it is not OK
    WAIVE = "waive"
    SUBMIT = "submit"
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    VOID = "void"  # the plan changed, or the approval ended
    START = "start"
    ANSWER = "answer"  # how a step went that waits for a person
    HALT = "halt"
    RETRY = "retry"
    SKIP = "skip"  # a broken step is waived
    FINISH = "finish"  # the machines that are left, though the window has closed
    PROCEED = "proceed"  # the run goes on to verification
    SIGN_OFF = "sign_off"
    COMPLETE = "complete"
    ROLL_BACK = "roll_back"
    UNDO = "undo"  # a rollback that restores the kept configuration too
    ROLLED_BACK = "rolled_back"
    ROLLBACK_FAILED = "rollback_failed"
    ABANDON = "abandon"
    ACKNOWLEDGE = "acknowledge"  # that production was changed outside of Drop: a move of no deployment


class Status(StrEnum):
    PREPARING = "preparing"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    DEPLOYING = "deploying"
    HALTED = "halted"
    VERIFYING = "verifying"
    COMPLETED = "completed"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    ROLLBACK_INCOMPLETE = "rollback_incomplete"
    ABANDONED = "abandoned"


S, M = Status, Move
BEFORE_START = (S.PREPARING, S.AWAITING_APPROVAL, S.APPROVED)
ON_THE_WAY = (S.DEPLOYING, S.HALTED, S.ROLLING_BACK, S.ROLLBACK_INCOMPLETE)
CAN_ROLL_BACK = (S.DEPLOYING, S.HALTED, S.VERIFYING, S.COMPLETED, S.ROLLBACK_INCOMPLETE)
OVER = frozenset({S.COMPLETED, S.ROLLED_BACK, S.ABANDONED})

# The one table of moves: from where, to where. What is not here cannot happen.
MOVES: Mapping[Move, Mapping[Status, Status]] = {
    M.CHECK: {status: status for status in (*BEFORE_START, *ON_THE_WAY, S.VERIFYING)},
    M.SETTLE: {status: status for status in (*BEFORE_START, *ON_THE_WAY, S.VERIFYING)},
    M.FAIL: {status: status for status in (*BEFORE_START, S.VERIFYING)},
    M.WAIVE: {status: status for status in (*BEFORE_START, S.VERIFYING)},
    M.SUBMIT: {S.PREPARING: S.AWAITING_APPROVAL},
    M.APPROVE: {S.AWAITING_APPROVAL: S.APPROVED},
    M.REJECT: {S.AWAITING_APPROVAL: S.PREPARING},
    M.WITHDRAW: dict.fromkeys((S.APPROVED, S.DEPLOYING, S.HALTED), S.PREPARING),
    M.VOID: dict.fromkeys((S.AWAITING_APPROVAL, S.APPROVED, S.DEPLOYING, S.HALTED), S.PREPARING),
    M.START: {S.APPROVED: S.DEPLOYING},
    M.ANSWER: {S.DEPLOYING: S.DEPLOYING, S.ROLLING_BACK: S.ROLLING_BACK},
    M.HALT: {S.DEPLOYING: S.HALTED},
    M.RETRY: {S.HALTED: S.DEPLOYING},
    M.SKIP: {S.HALTED: S.DEPLOYING},
    M.FINISH: {S.HALTED: S.DEPLOYING},
    M.PROCEED: {S.DEPLOYING: S.VERIFYING},
    M.SIGN_OFF: {status: status for status in (*BEFORE_START, S.VERIFYING)},
    M.COMPLETE: {S.VERIFYING: S.COMPLETED},
    M.ROLL_BACK: dict.fromkeys(CAN_ROLL_BACK, S.ROLLING_BACK),
    M.UNDO: dict.fromkeys(CAN_ROLL_BACK, S.ROLLING_BACK),
    M.ROLLED_BACK: {S.ROLLING_BACK: S.ROLLED_BACK},
    M.ROLLBACK_FAILED: {S.ROLLING_BACK: S.ROLLBACK_INCOMPLETE},
    M.ABANDON: dict.fromkeys((*BEFORE_START, S.HALTED), S.ABANDONED),
}
