"""An encoder's self-test: questions whose answers were recorded when the bundle was made."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, cast

import numpy as np

from bert_server.bundle.manifest import EncoderManifest, GoldenPair, GoldenPrompt, Precision
from bert_server.errors import SelfTestError
from bert_server.inference.contract import Runner
from bert_server.inference.jobs import FeatureJob, FillMaskJob, MaskResult, Pooling, Vector
from bert_server.tokenization import TextEncoder

GOLDEN_PROMPTS = 8
GOLDEN_PAIRS = 4
# How far a probability or a cosine may be off at another precision, or on another CPU: rounding differs with the
# instruction set.
TOLERANCE = {Precision.FP32: 0.01, Precision.BF16: 0.05, Precision.INT8: 0.05}
_ADVICE = (
    "this CPU or library version computes differently: package the model again on such a machine, or serve it elsewhere"
)


class Asker(NamedTuple):
    """A loaded encoder, asked without a scheduler."""

    tokenizer: TextEncoder
    runner: Runner

    def fill(self, texts: Sequence[str], top_k: int) -> list[MaskResult]:
        """All in one call, which takes few inferences: the first one of each size is slow."""
        return cast(list[MaskResult], self.runner.run([self._mask_job(text, top_k) for text in texts]))

    def cosines(self, pairs: Sequence[tuple[str, str]]) -> list[float]:
        """Of the mean-pooled vectors."""
        texts = [text for pair in pairs for text in pair]
        jobs = [FeatureJob("", self.tokenizer.encode(text), Pooling.MEAN) for text in texts]
        vectors = cast(list[Vector], self.runner.run(jobs))
        return [_cosine(one, other) for one, other in zip(vectors[::2], vectors[1::2], strict=True)]

    def _mask_job(self, text: str, top_k: int) -> FillMaskJob:
        token_ids = self.tokenizer.encode(text)
        return FillMaskJob("", token_ids, tuple(self.tokenizer.mask_positions(token_ids)), top_k)


def record_prompts(
    askers: Sequence[Asker], texts: Sequence[str], tolerance: float, count: int = GOLDEN_PROMPTS
) -> tuple[GoldenPrompt, ...]:
    """The `count` texts with one mask where the models are surest, so that rounding cannot turn the answer.

    Only those that all `askers` (the same model at several precisions) answer with the same token, and with
    probabilities that leave half the tolerance for other CPUs.
    """
    answers = []
    for text in dict.fromkeys(texts):
        masks = [asker.fill([text], 2)[0] for asker in askers]
        if len(masks[0]) != 1:
            continue
        best = [mask[0][0] for mask in masks]
        scores = [answer.score for answer in best]
        if len({answer.token_id for answer in best}) == 1 and _spread(scores) <= tolerance / 2:
            margin = min(mask[0][0].score - mask[0][-1].score for mask in masks)
            token = askers[0].tokenizer.token(best[0].token_id)
            answers.append((margin, GoldenPrompt(text=text, token=token, score=_middle(scores))))
    answers.sort(key=lambda answer: (-answer[0], answer[1].text))
    return tuple(prompt for _, prompt in answers[:count])


def record_pairs(
    askers: Sequence[Asker], texts: Sequence[str], tolerance: float, count: int = GOLDEN_PAIRS
) -> tuple[GoldenPair, ...]:
    """The first `count` pairs of neighbouring texts on whose cosine all `askers` agree."""
    distinct = list(dict.fromkeys(texts))
    pairs: list[GoldenPair] = []
    for first, second in zip(distinct[::2], distinct[1::2], strict=False):
        if len(pairs) == count:
            break
        cosines = [asker.cosines([(first, second)])[0] for asker in askers]
        if _spread(cosines) <= tolerance / 2:
            pairs.append(GoldenPair(first=first, second=second, cosine=_middle(cosines)))
    return tuple(pairs)


def blind_spots(manifest: EncoderManifest) -> list[str]:
    """What the self-test of a bundle with these questions would not notice, for lack of one."""
    found = []
    if manifest.mask_token and not manifest.golden:
        found.append("no text with one mask was answered alike at all precisions: the self-test checks no masks")
    if not manifest.golden_pairs:
        found.append("no two texts were compared alike at all precisions: the self-test checks no vectors")
    return found


def one_by_one(manifest: EncoderManifest) -> Iterator[EncoderManifest]:
    """The same bundle with a single question each."""
    for prompt in manifest.golden:
        yield manifest.model_copy(update={"golden": (prompt,), "golden_pairs": ()})
    for pair in manifest.golden_pairs:
        yield manifest.model_copy(update={"golden": (), "golden_pairs": (pair,)})


def verify(asker: Asker, manifest: EncoderManifest) -> None:
    """Ask everything again. Raises SelfTestError with the first question that is answered differently."""
    for prompt, masks in zip(manifest.golden, asker.fill([prompt.text for prompt in manifest.golden], 1), strict=True):
        best = masks[0][0]
        token = asker.tokenizer.token(best.token_id)
        if token != prompt.token or not _is_near(best.score, prompt.score, manifest.golden_tolerance):
            raise SelfTestError(
                f"the model does not answer as it did when it was packaged: {prompt.text!r} gave {token!r} "
                f"({best.score:.4f}), recorded is {prompt.token!r} ({prompt.score:.4f}, tolerance "
                f"{manifest.golden_tolerance}); {_ADVICE}"
            )
    cosines = asker.cosines([(pair.first, pair.second) for pair in manifest.golden_pairs])
    for pair, cosine in zip(manifest.golden_pairs, cosines, strict=True):
        if not _is_near(cosine, pair.cosine, manifest.golden_tolerance):
            raise SelfTestError(
                f"the model does not compare as it did when it was packaged: {pair.first!r} and {pair.second!r} gave "
                f"the cosine {cosine:.4f}, recorded is {pair.cosine:.4f} (tolerance {manifest.golden_tolerance}); "
                f"{_ADVICE}"
            )


def _cosine(one: Vector, other: Vector) -> float:
    return float(one @ other / (np.linalg.norm(one) * np.linalg.norm(other)))


def _is_near(value: float, recorded: float, tolerance: float) -> bool:
    """Not a number is near nothing."""
    return abs(value - recorded) <= tolerance


def _spread(values: Sequence[float]) -> float:
    return max(values) - min(values)


def _middle(values: Sequence[float]) -> float:
    return (max(values) + min(values)) / 2
