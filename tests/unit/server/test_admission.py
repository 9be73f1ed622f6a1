import pytest

from bert_server.inference.admission import LONGEST_SECONDS, Demand, Schedule

NOW = 100.0


def demand(*patience_and_work: tuple[float, float]) -> Demand:
    demand = Demand()
    for patience_seconds, work_seconds in patience_and_work:
        demand.add(Schedule.of(NOW, NOW + patience_seconds), work_seconds, jobs=1)
    return demand


def excess(
    demand: Demand, patience_seconds: float, work_seconds: float, *, begins: float = NOW, pace: float = 1.0
) -> float:
    return demand.excess_seconds(Schedule.of(NOW, NOW + patience_seconds), work_seconds, begins=begins, pace=pace)


def test_a_schedule_keeps_a_part_in_reserve_and_takes_its_turn_halfway() -> None:
    assert Schedule.of(100.0, 110.0) == Schedule(turn=105.0, promised=107.0, deadline=110.0)
    assert Schedule.of(100.0, float("inf")).deadline == 100.0 + LONGEST_SECONDS
    assert Schedule.of(100.0, 99.0).deadline == 100.0


def test_what_arrives_comes_after_equals_and_what_is_running() -> None:
    assert excess(demand(), 1.0, 0.7) == pytest.approx(0.0)
    assert excess(demand((1.0, 0.3), (1.0, 0.3)), 1.0, 0.5) == pytest.approx(0.4)
    assert excess(demand((1.0, 0.3)), 1.0, 0.5, begins=NOW + 0.2) == pytest.approx(0.3)


def test_a_slow_pace_stretches_all_work() -> None:
    assert excess(demand((1.0, 0.2)), 1.0, 0.2, pace=3.0) == pytest.approx(0.5)


def test_patient_work_does_not_stand_in_the_way_of_urgent_work() -> None:
    assert excess(demand((20.0, 10.0)), 1.0, 0.2) <= 0


def test_urgent_work_must_not_make_patient_work_late() -> None:
    full = demand((20.0, 14.0))
    assert excess(full, 1.0, 0.2) == pytest.approx(0.2)
    assert excess(demand((2.0, 0.1), (20.0, 13.0)), 1.0, 0.2) <= 0


def test_spare_time_is_that_of_the_tightest() -> None:
    assert demand().spare_seconds(begins=NOW, pace=1.0) == float("inf")
    assert demand((1.0, 0.3), (20.0, 19.0)).spare_seconds(begins=NOW, pace=1.0) == pytest.approx(0.7)
    assert demand((1.0, 0.1), (20.0, 19.8)).spare_seconds(begins=NOW, pace=1.0) == pytest.approx(0.1)


def test_what_is_removed_leaves_nothing_behind() -> None:
    changing = demand((1.0, 0.3), (20.0, 1.1))
    changing.remove(Schedule.of(NOW, NOW + 20.0), 1.1)
    assert changing.total_seconds == pytest.approx(0.3)
    changing.remove(Schedule.of(NOW, NOW + 1.0), 0.3)
    assert changing.total_seconds == 0
    assert changing.spare_seconds(begins=NOW, pace=1.0) == float("inf")


def test_what_has_left_leaves_no_promise_to_those_of_its_turn() -> None:
    urgent, patient = Schedule.of(8.0 + 1 / 64, 10.0 + 1 / 64), Schedule.of(0.0, 18.0 + 1 / 32)
    assert urgent.slot == patient.slot
    without, after = Demand(), Demand()
    without.add(patient, 1.2, 1)
    for schedule, work_seconds in ((patient, 1.2), (urgent, 0.02)):
        after.add(schedule, work_seconds, 1)
    after.remove(urgent, 0.02)
    later = Schedule.of(7.9, 9.0)
    for demand in (without, after):
        assert demand.excess_seconds(later, 0.05, begins=8.3, pace=1.0) == pytest.approx(-0.32)
        assert demand.spare_seconds(begins=8.3, pace=1.0) == pytest.approx(8.53, abs=0.01)


def test_a_promise_holds_until_the_last_job_of_its_request_has_left() -> None:
    demand = Demand()
    demand.add(Schedule.of(NOW, NOW + 1.0), 0.6, 2)
    demand.remove(Schedule.of(NOW, NOW + 1.0), 0.3)
    assert demand.spare_seconds(begins=NOW, pace=1.0) == pytest.approx(0.7)
    demand.remove(Schedule.of(NOW, NOW + 1.0), 0.3)
    assert demand.spare_seconds(begins=NOW, pace=1.0) == float("inf")
