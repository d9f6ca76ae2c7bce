"""After a failure nobody asks for a second; then one tries."""

from __future__ import annotations

from mockserver.sandbox.store.breaker import Breaker


class Elapsed:
    """Seconds that a test lets pass."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_while_all_is_well_nothing_is_to_be_tried() -> None:
    breaker = Breaker(Elapsed())
    assert breaker.well
    assert not breaker.due()
    assert not breaker.worked()


def test_after_a_failure_nobody_asks_for_a_second() -> None:
    breaker = Breaker(passed := Elapsed())
    assert breaker.failed()
    assert not breaker.failed()  # of two that were under way, one brings news
    passed.seconds = 0.999
    assert (breaker.well, breaker.due()) == (False, False)
    passed.seconds = 1.0
    assert (breaker.well, breaker.due()) == (False, True)


def test_then_one_tries_and_the_others_still_do_not() -> None:
    breaker = Breaker(passed := Elapsed())
    breaker.failed()
    passed.seconds = 1.0
    assert [breaker.due() for _ in range(3)] == [True, False, False]
    passed.seconds = 1.7
    assert not breaker.failed()  # no news
    passed.seconds = 2.6
    assert not breaker.due()
    passed.seconds = 2.7
    assert breaker.due()
    passed.seconds = 3.7  # it never told
    assert breaker.due()


def test_when_one_gets_through_all_is_well() -> None:
    breaker = Breaker(passed := Elapsed())
    breaker.failed()
    passed.seconds = 1.0
    assert breaker.due()
    assert breaker.worked()
    assert breaker.well
    assert not breaker.worked()
    assert breaker.failed()
