"""What a version said to a case, and whether that was right."""

from dataclasses import dataclass

from bertrelease_operator.api.golden_cases import FillMaskCase, GoldenCase, SimilarityCase


@dataclass(frozen=True, slots=True)
class Answer:
    """`said` has the likeliest words, best first, or the one translation; `problem` says why there is no answer."""

    said: tuple[str, ...] = ()
    similarity: float | None = None
    problem: str = ""

    @property
    def shown(self) -> str:
        """For people."""
        if self.problem:
            return self.problem
        return " ".join(self.said) if self.similarity is None else f"{self.similarity:.3f}"


def is_right(case: FillMaskCase | SimilarityCase, answer: Answer) -> bool:
    """No answer is a wrong one."""
    if answer.problem:
        return False
    if isinstance(case, FillMaskCase):
        return not set(case.expected).isdisjoint(answer.said[: case.top_k])
    return answer.similarity is not None and case.min <= answer.similarity <= case.max


def asked_of(case: GoldenCase) -> str:
    """For people."""
    if isinstance(case, FillMaskCase):
        return case.text
    return f"{case.a} / {case.b}" if isinstance(case, SimilarityCase) else case.source


def expected_of(case: GoldenCase) -> str:
    """For people."""
    if isinstance(case, FillMaskCase):
        return " or ".join(case.expected)
    if isinstance(case, SimilarityCase):
        return f"{case.min:g} to {case.max:g}"
    return case.references[0]
