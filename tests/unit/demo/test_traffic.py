"""What is counted of answers at the client."""

from demo.traffic import Answer, Traffic


def traffic(*answers: Answer) -> Traffic:
    return Traffic("http://localhost", "example.com", 100, answers=list(answers))


def answer(sent_at: float, version: str, latency_seconds: float = 0.01) -> Answer:
    return Answer(sent_at, latency_seconds, 200, version)


def test_the_last_answer_of_a_version_is_counted_to_its_arrival() -> None:
    seen = traffic(answer(9.0, "v1"), answer(10.0, "v1", 0.25), answer(10.1, "v2"), answer(11.0, "v2"))
    assert seen.last_answer_ms("v1", since=10.0) == 250
    assert seen.last_answer_ms("v3", since=10.0) == 0


def test_lately_is_the_last_second() -> None:
    assert traffic(answer(9.0, "v1"), answer(10.5, "v2"), answer(11.0, "v2")).shares_lately() == {"v2": 1.0}
