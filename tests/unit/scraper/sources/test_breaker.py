import random

from services.scraper.sources.breaker import CircuitBreaker, Rest, State


def breaker() -> CircuitBreaker:
    return CircuitBreaker("egress", (1800, 3600), 86_400, random.Random(1))


def test_the_first_rest_lies_between_its_bounds() -> None:
    for seed in range(50):
        one = CircuitBreaker("egress", (1800, 3600), 86_400, random.Random(seed))
        assert one.trip(100, "bot-check", "")
        assert 1800 <= one.rest <= 3600
        assert one.until == 100 + one.rest


def test_it_goes_from_open_to_one_video_to_closed() -> None:
    one = breaker()
    one.trip(0, "bot-check", "text")
    assert one.until is not None
    assert not one.rest_is_over(one.until - 1)
    assert one.rest_is_over(one.until)
    one.half_open(one.until)
    assert one.succeeded(9000, one.trips)
    assert (one.state, one.reason, one.rest) == (State.CLOSED, None, 0)


def test_rests_double_up_to_the_longest() -> None:
    one, now, rests = breaker(), 0.0, []
    for _ in range(8):
        one.trip(now, "bot-check", "")
        rests.append(one.rest)
        assert one.until is not None
        now = one.until
        one.half_open(now)
    assert rests[1] == 2 * rests[0]
    assert rests[-1] == 86_400
    assert rests == sorted(rests)


def test_refusals_of_what_was_under_way_do_not_double_the_rest() -> None:
    one = breaker()
    one.trip(0, "bot-check", "")
    until = one.until
    assert not one.trip(1, "bot-check", "")
    assert (one.until, one.trips) == (until, 1)


def test_what_the_source_says_wins() -> None:
    one = breaker()
    one.trip(0, "too-many-requests", "", seconds=77)
    assert one.until == 77
    assert not one.trip(10, "too-many-requests", "", seconds=300)
    assert one.until == 310


def test_a_success_that_began_before_the_refusal_proves_nothing() -> None:
    one = breaker()
    before = one.trips
    one.trip(0, "bot-check", "")
    assert not one.succeeded(1, before), "it is open"
    one.half_open(5000)
    assert not one.succeeded(5001, before)
    assert one.state is State.HALF_OPEN


def test_a_lasting_refusal_is_ended_by_nobody_but_a_person() -> None:
    one = breaker()
    one.trip(0, "proxy-refused", "", lasting=True)
    assert one.until is None
    assert not one.rest_is_over(10**12)


def test_it_follows_another_of_the_same_egress_but_not_old_news() -> None:
    breaker = CircuitBreaker("egress", (60, 60), 600)
    assert breaker.follow(rest(since=100, until=160))
    assert (breaker.state, breaker.reason, breaker.until) == (State.OPEN, "bot-check", 160)
    assert not breaker.follow(rest(since=130, until=200)), "it rests already"
    breaker.half_open(160)
    assert not breaker.follow(rest(since=100, until=160)), "the refusal it followed before"
    assert breaker.follow(rest(since=161, until=281)), "the other tried, and was refused again"
    breaker.half_open(281)
    assert breaker.succeeded(282, breaker.trips)
    assert breaker.state is State.CLOSED


def test_a_restored_breaker_goes_on_where_the_last_process_ended() -> None:
    breaker = CircuitBreaker("egress", (60, 60), 600)
    breaker.restore(State.OPEN, rest(since=100, until=400, culprits=frozenset({"youtube:a"})))
    assert (breaker.state, breaker.until, breaker.rest) == (State.OPEN, 400, 300)
    assert (breaker.culprits, breaker.trips) == ({"youtube:a"}, 0)
    breaker.half_open(400)
    assert breaker.trip(401, "bot-check", "", culprit="youtube:b")
    assert breaker.rest == 600


def rest(since: float, until: float, culprits: frozenset[str] = frozenset()) -> Rest:
    return Rest("bot-check", "Sign in", since, until, until - since, culprits)
