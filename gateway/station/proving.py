"""Self-tests of one station: those that a person or the schedule asked for, and the one by which a station that lost sight
of two texts in a row shows that it is well; or reports do.
"""

from gateway import explain_modems, selftests, unanswered
from gateway.errors import Refused
from gateway.explain import Notice
from gateway.station import refused
from gateway.station.desk import UNCERTAIN_IN_A_ROW, Desk, log

HOUR_MS = 3_600_000
AGAIN_MS = HOUR_MS  # a pause costs one test an hour at most, whoever restarts what
ASK_AGAIN_S = 900.0  # when none may be begun now: in quiet hours, or until an admin allows them


class Proving:
    """What this station has to prove, and how that goes."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._proof: int | None = None  # the test that decides on the pause
        self._failed = ""
        self._ask_at = 0.0

    def turn(self, *, fit: bool) -> bool:
        """Once a step: judge what is under way, begin what is due. True when the station's state is to be said anew.

        `fit`: the modem could send now.
        """
        desk = self._desk
        under_way = selftests.open_from(desk.db, desk.name)  # a person's, or begun before a restart of ours
        if under_way is not None and selftests.judge(desk.db, desk.rules, now=desk.now_ms()):
            desk.ring()
        if desk.paused != "uncertain":
            self._proof, self._failed, self._ask_at = None, "", 0.0
            return False
        if self._proof is not None:
            return self._decide()
        if under_way is not None:
            self._proof, self._failed = under_way, ""
            return True
        ask = fit and not self._failed and desk.clock.monotonic() >= self._ask_at
        return ask and self._begin()

    def _begin(self) -> bool:
        desk = self._desk
        self._ask_at = desk.clock.monotonic() + ASK_AGAIN_S
        receiver = selftests.partner(desk.db, desk.name)
        if receiver is None or selftests.last_by_gateway(
            desk.db, desk.name, within_ms=AGAIN_MS, now=desk.now_ms()
        ):
            return False
        try:
            self._proof = selftests.begin(
                desk.db, desk.name, receiver, by=None, rules=desk.rules, now=desk.now_ms()
            )
        except Refused as refusal:
            log.info("station=%s cannot test itself now: %s", desk.name, refusal)
            return False
        return True

    def _decide(self) -> bool:
        desk = self._desk
        test = desk.db.execute("SELECT passed, reason FROM self_test WHERE id=?", [self._proof]).fetchone()
        if test is not None and test["passed"] is None:
            return False
        self._proof = None
        if test is not None and test["passed"]:
            log.info("station=%s passed its self-test and goes on", desk.name)
            refused.shown_well(desk)
        else:
            self._failed = "" if test is None else str(test["reason"])
        return True

    def text(self) -> int | None:
        """The text of the test under way, which leaves although the station is paused."""
        return selftests.waiting_text(self._desk.db, self._desk.name) if self._proof is not None else None

    def words(self) -> Notice | None:
        """What the paused station says of it; None when there is nothing to say."""
        desk = self._desk
        if self._proof is not None:
            row = desk.db.execute("SELECT receiver FROM self_test WHERE id=?", [self._proof]).fetchone()
            return explain_modems.self_test_runs(desk.name, row["receiver"], UNCERTAIN_IN_A_ROW)
        return explain_modems.self_test_failed(desk.name, self._failed) if self._failed else None

    def look(self) -> None:
        """With each look at the modem's health: whether the texts that paused it have left after all, and the test that the configuration
        wants every so many hours.
        """
        desk = self._desk
        if desk.paused == "uncertain" and unanswered.have_left(desk.db, desk.name, refused.in_a_row(desk)):
            log.info("station=%s goes on: what it lost sight of has left", desk.name)
            refused.shown_well(desk)
        hours = desk.spec.self_test_hours
        if not hours or desk.paused:
            return
        if selftests.last_by_gateway(desk.db, desk.name, within_ms=hours * HOUR_MS, now=desk.now_ms()):
            return
        receiver = selftests.partner(desk.db, desk.name)
        if receiver is None:
            return
        try:
            selftests.begin(desk.db, desk.name, receiver, by=None, rules=desk.rules, now=desk.now_ms())
        except Refused as refusal:
            log.debug("station=%s no self-test now: %s", desk.name, refusal)
