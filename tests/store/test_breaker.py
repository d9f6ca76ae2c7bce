"""After a failure nobody asks for a second; then one at a time."""

from __future__ import annotations

from mockserver.store.breaker import Breaker


class Elapsed:
    """Seconds that a test lets pass."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_while_all_is_well_everybody_may_ask() -> None:
    breaker = Breaker(Elapsed())
    assert [breaker.admits() for _ in range(3)] == [True, True, True]
    assert not breaker.worked()


def test_after_a_failure_nobody_asks_for_a_second() -> None:
    breaker = Breaker(passed := Elapsed())
    assert breaker.failed()
    assert not breaker.failed()  # of two that were under way, one brings news
    passed.seconds = 0.999
    assert not breaker.admits()
    passed.seconds = 1.0
    assert breaker.admits()


def test_then_one_may_try_and_the_others_still_do_not_wait() -> None:
    breaker = Breaker(passed := Elapsed())
    breaker.failed()
    passed.seconds = 1.0
    assert [breaker.admits() for _ in range(3)] == [True, False, False]
    passed.seconds = 1.7
    assert not breaker.failed()  # no news
    passed.seconds = 2.6
    assert not breaker.admits()
    passed.seconds = 2.7
    assert breaker.admits()


def test_when_one_gets_through_everybody_may_ask_again() -> None:
    breaker = Breaker(passed := Elapsed())
    breaker.failed()
    passed.seconds = 1.0
    assert breaker.admits()
    assert breaker.worked()
    assert [breaker.admits() for _ in range(3)] == [True, True, True]
    assert not breaker.worked()
    assert breaker.failed()
