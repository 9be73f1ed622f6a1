"""Fill-mask: the most likely tokens for each masked place of a text."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple, cast

from msgspec import Struct

from bert_server.bundle.manifest import Task
from bert_server.calls import Prediction, Stage, current_call
from bert_server.inference.jobs import FillMaskJob, MaskResult
from bert_server.models import EncoderModel
from bert_server.tasks.errors import CandidateError, InputError, too_long
from bert_server.tasks.resources import Resources
from bert_server.tasks.windows import MasksTooFarApartError, Part, Window, around_masks
from bert_server.tokenization import FRAME_TOKENS, TextEncoder


class Candidate(Struct, frozen=True):
    """A token as it stands in the vocabulary, and its probability."""

    token: str
    score: float


class FilledText(NamedTuple):
    """A list of candidates for each mask, in the order of the text; the likeliest first."""

    masks: list[list[Candidate]]
    window: Window | None


async def fill_masks(
    model: EncoderModel, texts: Sequence[str], *, top_k: int | None, candidates: Sequence[str], resources: Resources
) -> list[FilledText]:
    """The `top_k` likeliest tokens for each mask of each text; with `candidates`, of those alone.

    Without `top_k` it is 5, or all candidates. Raises InputError or CandidateError, and what `Inference.compute` does.
    """
    encoder = model.tokenizer
    allowed = _ids(encoder, candidates)
    parts = await resources.tokenize(lambda texts: _parts(encoder, texts), texts)
    job_top_k = len(allowed) or top_k or DEFAULT_TOP_K
    jobs = [FillMaskJob(model.manifest.name, part.token_ids, part.mask_positions, job_top_k, allowed) for part in parts]
    results = cast(list[MaskResult], await resources.compute(jobs))
    call = current_call.get()
    with call.stage(Stage.POSTPROCESS):
        call.confidences.extend(mask[0].score for result in results for mask in result)
        filled = [
            FilledText(_candidates(encoder, result, top_k), part.window)
            for part, result in zip(parts, results, strict=True)
        ]
        best = filled[0].masks[0][0]
        call.prediction = Prediction(Task.FILL_MASK, best.token, best.score)
        return filled


DEFAULT_TOP_K = 5


def _candidates(encoder: TextEncoder, result: MaskResult, top_k: int | None) -> list[list[Candidate]]:
    # More digits than the precision of the scores would only make answers longer.
    return [
        [Candidate(encoder.token(token), float(f"{score:.6g}")) for token, score in mask[:top_k]] for mask in result
    ]


def _parts(encoder: TextEncoder, texts: Sequence[str]) -> list[Part]:
    return [_part(encoder, text, index) for index, text in enumerate(texts)]


def _part(encoder: TextEncoder, text: str, index: int) -> Part:
    if not text.strip():
        raise InputError("empty-text", "is empty; send a sentence with a mask", index=index)
    token_ids = encoder.encode(text)
    mask_positions = encoder.mask_positions(token_ids)
    if not mask_positions:
        mask = encoder.mask_token
        raise InputError("no-mask", f"holds no {mask}; write {mask} where a word is missing", index=index)
    try:
        return around_masks(token_ids, mask_positions, encoder.max_tokens)
    except MasksTooFarApartError as error:
        advice = (
            "from its first mask to its last; bring the masks closer together, or ask for each in a text of its own"
        )
        raise too_long(index, limit=encoder.max_tokens, actual=error.span + FRAME_TOKENS, advice=advice) from error


def _ids(encoder: TextEncoder, candidates: Iterable[str]) -> tuple[int, ...]:
    """In an order that depends on nothing but which they are, so that equal questions are recognised."""
    return tuple(sorted({_id(encoder, candidate, index) for index, candidate in enumerate(candidates)}))


def _id(encoder: TextEncoder, candidate: str, index: int) -> int:
    token_id = encoder.token_id(candidate)
    if token_id is None:
        raise CandidateError(
            "unknown-candidate",
            f"is {candidate!r}, which is not one token of the model's vocabulary; a mask stands for one token",
            index=index,
        )
    return token_id
