"""The self-test: questions whose answers were recorded when the bundle was made."""

from collections.abc import Iterable

from bert_server.bundle.manifest import GoldenPrompt, Manifest, Precision
from bert_server.errors import SelfTestError
from bert_server.tasks.fill_mask import Candidate, FillMask

GOLDEN_COUNT = 8
# How far a probability may be off on another CPU: rounding differs with the instruction set.
GOLDEN_TOLERANCE = {Precision.FP32: 0.01, Precision.BF16: 0.05, Precision.INT8: 0.05}


def record(task: FillMask, texts: Iterable[str], count: int = GOLDEN_COUNT) -> tuple[GoldenPrompt, ...]:
    """The `count` texts with one mask where the model is surest, so that rounding cannot turn the answer."""
    answers = []
    for text in dict.fromkeys(texts):
        masks = task.predict(task.encoder.encode(text), 2)
        if len(masks) == 1:
            answers.append((_margin(masks[0]), text, masks[0][0]))
    answers.sort(key=lambda answer: (-answer[0], answer[1]))
    return tuple(GoldenPrompt(text=text, token=best.token, score=best.score) for _, text, best in answers[:count])


def verify(task: FillMask, manifest: Manifest) -> None:
    """Ask all golden prompts again. Raises SelfTestError with the first one that is answered differently."""
    for prompt in manifest.golden:
        best = task.predict(task.encoder.encode(prompt.text), 1)[0][0]
        if best.token != prompt.token or abs(best.score - prompt.score) > manifest.golden_tolerance:
            raise SelfTestError(
                f"the model does not answer as it did when it was packaged: {prompt.text!r} gave {best.token!r} "
                f"({best.score:.4f}), recorded is {prompt.token!r} ({prompt.score:.4f}, tolerance "
                f"{manifest.golden_tolerance}); this CPU or library version computes differently: package the model "
                f"again on such a machine, or serve it elsewhere"
            )


def _margin(candidates: list[Candidate]) -> float:
    return candidates[0].score - (candidates[1].score if len(candidates) > 1 else 0.0)
