"""Translation: texts into sentences, sentences into jobs, and their translations into texts again."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import exp

from msgspec import Struct

from bert_server.bundle.manifest import Task
from bert_server.calls import Prediction, Stage, current_call
from bert_server.inference.jobs import JobResult, TranslateJob, Translation
from bert_server.models import TranslatorModel
from bert_server.tasks.errors import InputError
from bert_server.tasks.resources import Resources
from bert_server.translation.cleaning import LETTER
from bert_server.translation.sentences import is_line_break, split_long, split_sentences
from bert_server.translation.tokenization import TranslationTokenizer

DEFAULT_BEAM_SIZE = 4
MAX_BEAM_SIZE = 8
MAX_LENGTH_PENALTY = 5.0
MAX_OUTPUT_TOKENS = 512
MAX_TEXT_CHARACTERS = 10_000
MAX_SENTENCES = 500  # of one request; no more than a queue has room for
# A translation is rarely longer than its source by more than this, unless the model cannot stop.
OUTPUT_TOKENS_PER_INPUT_TOKEN = 4
SHORTEST_OUTPUT_LIMIT = 64


@dataclass(frozen=True)
class TranslateOptions:
    """`max_output_tokens` is for each sentence; None lets it follow the sentence's length."""

    beam_size: int = DEFAULT_BEAM_SIZE
    max_output_tokens: int | None = None
    length_penalty: float = 1.0


class SentencePair(Struct, frozen=True):
    """A sentence and its translation; `truncated` if the longest output allowed was reached."""

    source: str
    target: str
    truncated: bool


class TranslatedText(Struct, frozen=True):
    """The translation keeps the line breaks of its source."""

    translation: str
    sentences: list[SentencePair]


@dataclass(frozen=True)
class _Segment:
    """A line break, or a sentence with the places of its jobs; none if there is nothing in it to translate."""

    source: str
    jobs: range

    @property
    def is_break(self) -> bool:
        return is_line_break(self.source)


async def translate(
    model: TranslatorModel, texts: Sequence[str], options: TranslateOptions, resources: Resources
) -> list[TranslatedText]:
    """A translation for each text. Raises InputError, and what `Inference.compute` does."""
    translating = await resources.tokenize(
        lambda texts: Translating(model.manifest.name, model.tokenizer, texts, options), texts
    )
    results = await resources.compute(translating.jobs) if translating.jobs else []
    call = current_call.get()
    with call.stage(Stage.POSTPROCESS):
        translated = translating.read(results)
        call.prediction = Prediction(Task.TRANSLATE, translated[0].translation, _confidence(results))
        return translated


def _confidence(results: Sequence[JobResult]) -> float | None:
    """Of the first sentence: with a length penalty of 1, the mean probability of its tokens."""
    first = results[0] if results else None
    return min(1.0, exp(first.score)) if isinstance(first, Translation) else None


class Translating:
    """Texts on their way through a translator: `jobs` is what to compute, `read` takes the results.

    Raises InputError.
    """

    def __init__(
        self, model: str, tokenizer: TranslationTokenizer, texts: Sequence[str], options: TranslateOptions
    ) -> None:
        self.jobs: list[TranslateJob] = []
        self._model = model
        self._tokenizer = tokenizer
        self._options = options
        self._texts = [self._segments_of(index, text) for index, text in enumerate(texts)]

    def read(self, results: Sequence[JobResult]) -> list[TranslatedText]:
        """A translation for each text, from a result for each of `jobs`."""
        translations = [result for result in results if isinstance(result, Translation)]
        if len(translations) != len(self.jobs):
            raise ValueError(f"{len(self.jobs)} translations expected, {len(translations)} given")
        return [self._translated(segments, translations) for segments in self._texts]

    def _segments_of(self, index: int, text: str) -> list[_Segment]:
        _require_text(index, text)
        segments = list(self._segments(text))
        if len(self.jobs) > MAX_SENTENCES:
            raise InputError(
                "too-many-sentences",
                f"brings the request to {len(self.jobs)} sentences, at most {MAX_SENTENCES} are translated at once; "
                f"send several requests",
                index=index,
                limit=MAX_SENTENCES,
                actual=len(self.jobs),
            )
        return segments

    def _segments(self, text: str) -> Iterator[_Segment]:
        for sentence in split_sentences(text):
            core = sentence.strip()
            if is_line_break(sentence):
                yield _Segment(sentence, range(0))
            elif core:
                first = len(self.jobs)
                # Numbers, signs and smileys are the same in every language.
                self.jobs += self._sentence_jobs(core) if LETTER.search(core) else ()
                yield _Segment(core, range(first, len(self.jobs)))

    def _sentence_jobs(self, sentence: str) -> list[TranslateJob]:
        parts = split_long(sentence, lambda part: len(self._tokenizer.encode(part)) <= self._tokenizer.max_tokens)
        return [self._job(part) for part in parts if part.strip()]

    def _job(self, part: str) -> TranslateJob:
        token_ids = self._tokenizer.encode(part)
        limit = self._options.max_output_tokens or output_limit(len(token_ids))
        return TranslateJob(
            model=self._model,
            token_ids=token_ids,
            beam_size=self._options.beam_size,
            max_output_tokens=min(limit, self._tokenizer.max_tokens),
            length_penalty=self._options.length_penalty,
        )

    def _translated(self, segments: Sequence[_Segment], translations: Sequence[Translation]) -> TranslatedText:
        pairs: list[SentencePair] = []
        parts: list[str] = []
        for segment in segments:
            if segment.is_break:
                parts.append(segment.source)
                continue
            pair = self._pair(segment, translations)
            pairs.append(pair)
            if pair.target:
                parts += [" ", pair.target] if parts and not parts[-1].isspace() else [pair.target]
        return TranslatedText("".join(parts), pairs)

    def _pair(self, segment: _Segment, translations: Sequence[Translation]) -> SentencePair:
        if not segment.jobs:
            return SentencePair(segment.source, segment.source, truncated=False)
        said = [self._tokenizer.decode(translations[job].token_ids) for job in segment.jobs]
        truncated = any(len(translations[job].token_ids) >= self.jobs[job].max_output_tokens for job in segment.jobs)
        return SentencePair(segment.source, " ".join(part for part in said if part), truncated)


def output_limit(input_tokens: int) -> int:
    """The longest output for a sentence of so many tokens.

    A power of two, so that sentences of similar length share it and thereby a batch.
    """
    wanted = max(SHORTEST_OUTPUT_LIMIT, input_tokens * OUTPUT_TOKENS_PER_INPUT_TOKEN)
    return min(MAX_OUTPUT_TOKENS, 1 << (wanted - 1).bit_length())


def _require_text(index: int, text: str) -> None:
    if not text.strip():
        raise InputError("empty-text", "is empty; send a sentence", index=index)
    if len(text) > MAX_TEXT_CHARACTERS:
        raise InputError(
            "text-too-long",
            f"has {len(text)} characters, at most {MAX_TEXT_CHARACTERS} are translated; send it in parts",
            index=index,
            limit=MAX_TEXT_CHARACTERS,
            actual=len(text),
        )
