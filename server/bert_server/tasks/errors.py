"""What a task cannot take."""


class InputError(Exception):
    """The text number `index` does not fit.

    `problem` is what a sentence says that begins with the name of what was refused; `limit` and `actual` are given
    where a limit was passed.
    """

    def __init__(
        self, kind: str, problem: str, *, index: int = 0, limit: int | None = None, actual: int | None = None
    ) -> None:
        super().__init__(problem)
        self.kind = kind
        self.problem = problem
        self.index = index
        self.limit = limit
        self.actual = actual


class CandidateError(InputError):
    """The candidate number `index` does not fit."""


def too_long(index: int, *, limit: int, actual: int, advice: str) -> InputError:
    return InputError(
        "text-too-long",
        f"has {actual} tokens with the two that frame it, the model takes {limit}; {advice}",
        index=index,
        limit=limit,
        actual=actual,
    )
