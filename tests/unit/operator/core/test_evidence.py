"""From looks to a verdict: what counts, what must not bend the counts, and what each check says."""

import pytest

from bertrelease_operator.api.status import Verdict
from bertrelease_operator.core.evidence.marks import LONGEST_LAG_SECONDS
from bertrelease_operator.core.evidence.readings import RequestCounters
from bertrelease_operator.core.evidence.trail import MOST_LOOKS
from tests.support.gathering import ALONE, ARMS, EDGES, PREVIEW, Gathering, counters, reading


def test_a_good_candidate_passes_once_the_minimum_sample_is_there() -> None:
    gathering = Gathering()
    gathering.counts(counters(0), counters(5000))
    gathering.counts(counters(60), counters(5500))
    assert gathering.verdict() is Verdict.INCONCLUSIVE
    gathering.counts(counters(120), counters(6000))
    gathering.counts(counters(240), counters(7000))
    assert gathering.verdict() is Verdict.PASS
    assert gathering.view.observed_weights == {"v2.0.0": 11, "v1.0.0": 89}


@pytest.mark.parametrize(
    ("answered", "failed", "verdict"), [(0, 0, Verdict.PASS), (5, 0, Verdict.PASS), (20, 10, Verdict.FAIL)]
)
def test_where_no_requests_are_needed_pods_suffice_and_requests_can_only_fail(
    answered: int, failed: int, verdict: Verdict
) -> None:
    gathering = Gathering(PREVIEW)
    gathering.counts(counters(0))
    gathering.counts(counters(answered, errors=failed))
    assert gathering.verdict() is verdict
    assert "traffic" not in {check.name for check in gathering.view.checks}


def test_in_a_test_of_two_arms_the_stable_version_needs_the_sample_too() -> None:
    gathering = Gathering(ARMS)
    gathering.counts(counters(0), counters(0))
    gathering.counts(counters(400), counters(60))
    assert gathering.check("traffic").verdict is Verdict.PASS
    assert gathering.check("traffic-stable").verdict is Verdict.INCONCLUSIVE
    assert gathering.verdict() is not Verdict.PASS
    gathering.counts(counters(500), counters(160))
    assert gathering.check("traffic-stable").verdict is Verdict.PASS


def test_where_no_requests_are_needed_pods_that_have_not_loaded_the_model_are_still_undecided() -> None:
    gathering = Gathering(PREVIEW)
    gathering.look(reading("c", "v2.0.0", counters(0), model_loaded=False))
    assert gathering.verdict() is Verdict.INCONCLUSIVE


def test_no_request_is_no_data() -> None:
    gathering = Gathering()
    gathering.counts(counters(0), counters(100))
    gathering.counts(counters(0), counters(200))
    assert gathering.verdict() is Verdict.NO_DATA


def test_what_was_counted_before_the_epoch_does_not_count() -> None:
    gathering = Gathering()
    gathering.counts(counters(1000, errors=500), counters(0))
    gathering.counts(counters(1010, errors=500), counters(90))
    assert gathering.check("error-rate").sample == 10
    assert gathering.check("error-rate").value == 0


def test_a_few_failed_requests_of_few_are_enough_to_fail() -> None:
    gathering = Gathering()
    gathering.counts(counters(0), counters(0))
    gathering.counts(counters(20, errors=4), counters(180))
    assert gathering.verdict() is Verdict.FAIL
    assert "4 of 20 requests failed" in gathering.check("error-rate").message


def test_slow_answers_fail_the_p95_limit() -> None:
    gathering = Gathering()
    gathering.counts(counters(0), counters(0))
    gathering.counts(counters(6, slow=6), counters(90))
    assert gathering.check("p95-latency").verdict is Verdict.FAIL


def test_a_limit_between_two_edges_is_judged_at_the_lower_one_and_says_so() -> None:
    gathering = Gathering(p95LatencyMs={"max": 90})
    gathering.counts(counters(0), counters(0))
    gathering.counts(counters(50), counters(90))
    assert "than 50 ms, the next bucket below" in gathering.check("p95-latency").message


def test_evidence_that_was_once_enough_stays_enough() -> None:
    gathering = Gathering()
    gathering.counts(counters(0), counters(0))
    gathering.counts(counters(20, errors=4), counters(180))
    gathering.counts(counters(5000, errors=4), counters(9000))
    assert gathering.verdict() is Verdict.FAIL


def test_a_rate_over_the_limit_that_may_be_chance_is_inconclusive() -> None:
    gathering = Gathering()
    gathering.counts(counters(0), counters(0))
    gathering.counts(counters(120, errors=1), counters(900, errors=3))
    assert gathering.check("error-rate").verdict is Verdict.INCONCLUSIVE


def test_a_candidate_within_the_limit_but_clearly_worse_than_the_stable_version_fails() -> None:
    gathering = Gathering(errorRate={"max": 20, "maxExtraPercent": 0.5})
    gathering.counts(counters(0), counters(0))
    for second in range(1, 30):
        gathering.counts(counters(20 * second, errors=2 * second), counters(180 * second))
    assert gathering.check("error-rate").verdict is not Verdict.FAIL
    assert gathering.check("error-rate-vs-stable").verdict is Verdict.FAIL


@pytest.mark.parametrize(("errors", "verdict"), [(1, Verdict.PASS), (6, Verdict.INCONCLUSIVE)])
def test_one_unlucky_request_passes_the_comparison_and_several_hold_it(errors: int, verdict: Verdict) -> None:
    gathering = Gathering(errorRate={"max": 20})
    gathering.counts(counters(0), counters(0))
    gathering.counts(counters(1), counters(1800))
    gathering.counts(counters(401, errors=errors), counters(3600, errors=3))
    assert gathering.check("error-rate-vs-stable").verdict is verdict


def test_latency_is_compared_at_the_stable_versions_own_p95() -> None:
    gathering = Gathering(p95LatencyMs={"max": 500})
    gathering.counts(counters(0), counters(1000))  # the stable P95 is at most 10 ms, a fifth of the limit 100 ms
    for second in range(1, 10):
        gathering.counts(counters(20 * second, slow=8 * second), counters(1000 + 180 * second))
    assert gathering.check("p95-latency").verdict is Verdict.PASS
    assert gathering.check("p95-latency-vs-stable").verdict is Verdict.FAIL
    assert "took over 100 ms" in gathering.check("p95-latency-vs-stable").message


def test_versions_whose_servers_have_other_buckets_are_compared_where_both_have_one() -> None:
    gathering = Gathering(p95LatencyMs={"max": 500})
    edges = (10.0, 75.0, 200.0, 500.0)
    for second in range(MOST_LOOKS + 50):
        candidate = RequestCounters(20 * second, 0, edges, (12 * second,) * 4, 20 * second)
        gathering.counts(candidate, counters(1000 + 180 * second))
    assert gathering.check("p95-latency-vs-stable").verdict is Verdict.FAIL
    assert "took over 500 ms" in gathering.check("p95-latency-vs-stable").message
    seen = list(gathering.view.trail.seen())
    assert (seen[-1].subject.latency_edges_ms, seen[-1].baseline.latency_edges_ms) == (edges, EDGES)


def test_pods_of_one_version_with_other_buckets_are_added_up_where_all_have_one() -> None:
    gathering = Gathering(ALONE)
    for second in range(60):
        fewer = RequestCounters(10 * second, 0, (50.0, 100.0), (10 * second, 10 * second), 10 * second)
        gathering.look(reading("a", "v2.0.0", counters(10 * second)), reading("b", "v2.0.0", fewer))
    assert gathering.verdict() is Verdict.PASS
    assert gathering.check("p95-latency").sample == 59 * 20
    assert gathering.state.subject.latency_edges_ms == (50.0, 100.0)


def test_being_slower_far_below_the_limit_is_no_fault() -> None:
    edges = (1.0, 3.0, 20.0, 100.0)
    gathering = Gathering()

    def fast(requests: int, over_3_ms: int) -> RequestCounters:
        within = requests - over_3_ms
        return RequestCounters(requests, 0, edges, (0, within, requests, requests), requests)

    gathering.counts(fast(0, 0), fast(1000, 20))
    for second in range(1, 30):
        gathering.counts(fast(20 * second, 8 * second), fast(1000 + 180 * second, 20))
    assert gathering.check("p95-latency-vs-stable").verdict is Verdict.PASS
    assert "took over 20 ms" in gathering.check("p95-latency-vs-stable").message


def test_a_process_that_restarts_begins_its_counters_anew() -> None:
    gathering = Gathering()
    gathering.counts(counters(100), counters(0))
    gathering.counts(counters(150), counters(90))
    gathering.look(reading("c", "v2.0.0", counters(160), started_at=2.0), reading("s", "v1.0.0", counters(180)))
    assert gathering.check("traffic").value == 50 + 160


def test_readings_that_are_older_than_the_last_one_count_nothing_twice() -> None:
    """Two replicas of Prometheus answer in turn, and scraped at different times."""
    gathering = Gathering(errorRate={"max": 0.5, "maxExtraPercent": 100})
    for second in range(120):
        scraped = second - 3 if second % 5 == 4 else second
        gathering.counts(
            counters(scraped // 2, errors=min(1, scraped // 2)), counters(20_000 + 90 * scraped, errors=80)
        )
    assert gathering.check("traffic").value == 59
    assert gathering.state.errors.epoch.hits == 1
    assert gathering.state.baseline.requests == 118 * 90


def test_what_the_process_before_a_restart_had_counted_is_not_counted_again() -> None:
    gathering = Gathering(ALONE)
    for requests, started_at in [(90, 1.0), (100, 1.0), (5, 2.0), (99, 1.0), (25, 2.0), (100, 1.0), (30, 2.0)]:
        gathering.look(reading("c", "v2.0.0", counters(requests), started_at=started_at))
    assert gathering.check("traffic").value == 10 + 30


@pytest.mark.parametrize("lag_seconds", [3, 20, 50])
def test_counters_of_an_unknown_process_that_are_lower_for_a_while_are_older_ones(lag_seconds: int) -> None:
    gathering = Gathering(ALONE)
    for second in range(200):
        scraped = second - lag_seconds if second % 120 >= 60 else second
        gathering.look(reading("c", "v2.0.0", counters(1000 + 10 * scraped), started_at=None))
    gathering.look(reading("c", "v2.0.0", counters(1000 + 10 * 200), started_at=None))
    assert gathering.check("traffic").value == 10 * 200


def test_counters_of_an_unknown_process_that_stay_lower_began_anew_and_none_of_their_failures_is_lost() -> None:
    gathering = Gathering(ALONE)
    gathering.look(reading("c", "v2.0.0", counters(100_000), started_at=None))
    gathering.look(reading("c", "v2.0.0", counters(100_050), started_at=None))
    looks = 0
    while gathering.verdict() is not Verdict.FAIL:
        looks += 1
        gathering.look(reading("c", "v2.0.0", counters(10 * looks, errors=5 * looks), started_at=None))
    assert looks <= LONGEST_LAG_SECONDS + 1
    assert (gathering.check("traffic").value, gathering.state.errors.epoch.hits) == (50 + 10 * looks, 5 * looks)


def test_a_process_whose_series_went_away_is_counted_from_where_it_is() -> None:
    gathering = Gathering(ALONE)
    gathering.look(reading("c", "v2.0.0", counters(100_000)))
    for second in range(int(LONGEST_LAG_SECONDS)):
        gathering.look(reading("c", "v2.0.0", counters(1000 + 10 * second)))
    assert gathering.check("traffic").value == 0
    gathering.look(reading("c", "v2.0.0", counters(1700, errors=60)))
    assert gathering.verdict() is Verdict.FAIL


def test_a_restart_is_counted_also_where_the_clock_was_set_back_meanwhile() -> None:
    gathering = Gathering(ALONE)
    gathering.look(reading("c", "v2.0.0", counters(100), started_at=5000.0))
    for second in range(int(LONGEST_LAG_SECONDS) + 1):
        gathering.look(reading("c", "v2.0.0", counters(10 * second), started_at=1400.0))
    assert gathering.check("traffic").value == 10 * LONGEST_LAG_SECONDS


def test_pods_that_come_and_go_do_not_bend_the_counts() -> None:
    gathering = Gathering(ALONE)
    gathering.look(reading("a", "v2.0.0", counters(100)))
    gathering.look(reading("a", "v2.0.0", counters(110)), reading("b", "v2.0.0", counters(7)))
    gathering.look(reading("b", "v2.0.0", counters(17)))
    gathering.look(reading("a", "v2.0.0", counters(120)), reading("b", "v2.0.0", counters(27)))
    assert gathering.check("traffic").value == 10 + 10 + 10 + 10


def test_a_look_that_is_not_newer_changes_nothing() -> None:
    gathering = Gathering()
    gathering.counts(counters(0), counters(0))
    gathering.counts(counters(20), counters(90))
    before = gathering.state
    gathering.counts(counters(900), counters(900), seconds=-1.0)
    assert gathering.state == before


def test_a_source_that_is_down_is_neither_a_failure_nor_a_pass() -> None:
    gathering = Gathering()
    gathering.counts(counters(0), counters(1000))
    gathering.counts(counters(500), counters(5500))
    assert gathering.verdict() is Verdict.PASS
    gathering.look(down=frozenset({"v1.0.0", "v2.0.0"}))
    assert gathering.verdict() is Verdict.SOURCE_DOWN


def test_looks_that_stay_away_mean_that_the_source_is_down() -> None:
    gathering = Gathering()
    gathering.counts(counters(0), counters(0))
    gathering.counts(counters(500), counters(4500))
    gathering.at += 30
    assert gathering.verdict() is Verdict.SOURCE_DOWN


def test_a_failure_that_was_seen_counts_although_the_source_went_down_after_it() -> None:
    gathering = Gathering()
    gathering.counts(counters(0), counters(0))
    gathering.counts(counters(20, errors=10), counters(180))
    gathering.look(down=frozenset({"v2.0.0"}))
    assert gathering.verdict() is Verdict.FAIL


def test_a_change_for_the_worse_after_a_long_good_time_is_found_by_the_window() -> None:
    gathering = Gathering(ALONE, windowSeconds=10)
    requests = errors = 0
    gathering.look(reading("c", "v2.0.0", counters(0)))
    for _ in range(300):
        requests += 2000
        gathering.look(reading("c", "v2.0.0", counters(requests, errors)))
    assert gathering.verdict() is Verdict.PASS
    for _ in range(3):
        requests, errors = requests + 200, errors + 40
        gathering.look(reading("c", "v2.0.0", counters(requests, errors)))
    assert gathering.check("error-rate").value is not None
    assert (gathering.check("error-rate").value or 0) < 0.5
    assert gathering.verdict() is Verdict.FAIL


@pytest.mark.parametrize(("restarts", "verdict"), [(2, Verdict.PASS), (3, Verdict.FAIL)])
def test_restarts_since_the_epoch_began_count(restarts: int, verdict: Verdict) -> None:
    gathering = Gathering()
    gathering.look(restarts={"v2.0.0": 5})
    gathering.look(restarts={"v2.0.0": 5 + restarts})
    assert gathering.check("restarts").verdict is verdict


def test_a_pod_that_cannot_load_its_model_fails_the_version_before_it_has_traffic() -> None:
    gathering = Gathering(ALONE)
    gathering.look(reading("c", "v2.0.0", None, model_loaded=False))
    assert gathering.check("model-load").verdict is Verdict.INCONCLUSIVE
    gathering.look(reading("c", "v2.0.0", None, model_loaded=False, model_load_failures=1))
    assert gathering.verdict() is Verdict.FAIL


def test_a_source_that_knows_requests_only_says_nothing_about_models() -> None:
    gathering = Gathering(ALONE)
    gathering.look(reading("c", "v2.0.0", counters(0), model_loaded=None))
    gathering.look(reading("c", "v2.0.0", counters(200), model_loaded=None))
    assert "model-load" not in {check.name for check in gathering.view.checks}
    assert gathering.verdict() is Verdict.PASS


def test_use_is_judged_also_in_the_shortest_window() -> None:
    gathering = Gathering(ALONE, memory={"max": 90}, windowSeconds=5)
    for _ in range(12):
        gathering.look(reading("a", "v2.0.0", counters(0), memory_bytes=50.0, memory_limit_bytes=100.0))
    assert gathering.check("memory").verdict is Verdict.PASS


def test_memory_is_judged_as_a_mean_over_the_window_of_the_busiest_pod() -> None:
    gathering = Gathering(ALONE, memory={"max": 90}, windowSeconds=10)
    for second in range(12):
        busy = {"memory_bytes": 95.0, "memory_limit_bytes": 100.0}
        gathering.look(
            reading("a", "v2.0.0", counters(0), memory_bytes=10.0, memory_limit_bytes=100.0),
            reading("b", "v2.0.0", counters(0), **busy),
        )
        if second == 1:
            assert gathering.check("memory").verdict is Verdict.NO_DATA
    assert gathering.check("memory").verdict is Verdict.FAIL


def test_readings_that_are_older_than_the_last_one_do_not_keep_a_leak_from_being_found() -> None:
    gathering = Gathering(ALONE, memory={"max": 90}, windowSeconds=10)
    for second in range(25):
        scraped = second - 2 if second % 4 == 3 else second
        leaking = {"memory_bytes": 95.0, "memory_limit_bytes": 100.0, "cpu_seconds": float(scraped)}
        gathering.look(reading("a", "v2.0.0", counters(0), **leaking))
    assert gathering.check("memory").verdict is Verdict.FAIL


def test_use_is_left_out_when_the_container_has_no_limit() -> None:
    gathering = Gathering(ALONE, memory={"max": 90}, cpu={"max": 90})
    gathering.look(reading("a", "v2.0.0", counters(0), memory_bytes=10.0, cpu_seconds=1.0))
    assert not {"cpu", "memory"} & {check.name for check in gathering.view.checks}


def test_custom_queries_are_held_against_their_bounds() -> None:
    custom = [{"name": "fill-rate", "query": "x", "min": 0.9}]
    gathering = Gathering(ALONE, custom=custom)
    gathering.look(custom={"fill-rate": None})
    assert gathering.check("custom-fill-rate").verdict is Verdict.NO_DATA
    gathering.look(custom={"fill-rate": 0.95})
    assert gathering.check("custom-fill-rate").verdict is Verdict.PASS
    gathering.look(custom={"fill-rate": 0.5})
    assert gathering.check("custom-fill-rate").verdict is Verdict.FAIL


def test_comparisons_are_left_out_without_a_version_to_compare_with() -> None:
    gathering = Gathering(ALONE)
    gathering.look(reading("c", "v2.0.0", counters(10)))
    assert not [check for check in gathering.view.checks if "vs-stable" in check.name]
