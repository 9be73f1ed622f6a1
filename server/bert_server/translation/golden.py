"""The self-test of a translator: texts whose translations were recorded when the bundle was made."""

from collections.abc import Hashable, Sequence
from typing import cast

from bert_server.bundle.manifest import GoldenTranslation, TranslatorManifest
from bert_server.errors import SelfTestError
from bert_server.inference.contract import Runner
from bert_server.inference.jobs import TranslateJob, Translation
from bert_server.tasks.translate import TranslatedText, TranslateOptions, Translating
from bert_server.translation.tokenization import TranslationTokenizer

GOLDEN_COUNT = 8
BATCH_SENTENCES = 32


def translate_now(
    tokenizer: TranslationTokenizer, runner: Runner, texts: Sequence[str], options: TranslateOptions | None = None
) -> list[tuple[TranslatedText, float]]:
    """Translations without a scheduler, each with the score of its worst sentence (0 if it has none)."""
    asked = [Translating("", tokenizer, [text], options or TranslateOptions()) for text in texts]
    results = iter(_in_batches(runner, [job for translating in asked for job in translating.jobs]))
    answers = []
    for translating in asked:
        own = [next(results) for _ in translating.jobs]
        answers.append((translating.read(own)[0], min((result.score for result in own), default=0.0)))
    return answers


def _in_batches(runner: Runner, jobs: Sequence[TranslateJob]) -> list[Translation]:
    """In the order of the jobs."""
    groups: dict[Hashable, list[int]] = {}
    for place, job in enumerate(jobs):
        groups.setdefault(job.batch_group, []).append(place)
    results: dict[int, Translation] = {}
    for places in groups.values():
        for begin in range(0, len(places), BATCH_SENTENCES):
            batch = places[begin : begin + BATCH_SENTENCES]
            results.update(zip(batch, cast(list[Translation], runner.run([jobs[p] for p in batch])), strict=True))
    return [results[place] for place in range(len(jobs))]


def record(
    tokenizer: TranslationTokenizer, runner: Runner, texts: Sequence[str], count: int = GOLDEN_COUNT
) -> tuple[GoldenTranslation, ...]:
    """The `count` texts whose translations the model is surest of, so that rounding cannot turn them."""
    distinct = list(dict.fromkeys(texts))
    answers = zip(distinct, translate_now(tokenizer, runner, distinct), strict=True)
    surest = sorted(answers, key=lambda answer: (-answer[1][1], answer[0]))[:count]
    return tuple(GoldenTranslation(text=text, translation=said.translation) for text, (said, _) in surest)


def verify(tokenizer: TranslationTokenizer, runner: Runner, manifest: TranslatorManifest) -> None:
    """Ask all golden texts again. Raises SelfTestError with the first one that is translated differently."""
    answers = translate_now(tokenizer, runner, [golden.text for golden in manifest.golden])
    for golden, (said, _) in zip(manifest.golden, answers, strict=True):
        if said.translation != golden.translation:
            raise SelfTestError(
                f"the model does not translate as it did when it was packaged: {golden.text!r} gave "
                f"{said.translation!r}, recorded is {golden.translation!r}; this CPU or library version computes "
                f"differently: package the model again on such a machine, or serve it elsewhere"
            )
