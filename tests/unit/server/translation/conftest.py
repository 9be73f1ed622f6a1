"""A toy translator: real SentencePiece models of a few sentences, and an engine that knows their translations."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
import sentencepiece

from bert_server.bundle.manifest import GoldenTranslation, Precision, Source, Task, TranslatorManifest
from bert_server.engines.ctranslate import Hypothesis
from bert_server.models import TranslatorModel
from bert_server.runners.translator import TranslatorRunner
from bert_server.translation.tokenization import TranslationTokenizer

DICTIONARY = {
    "你好": "Hello.",
    "今天天气很好": "The weather is fine today.",
    "我们去公园吧": "Let us go to the park.",
    "画蛇添足": "to draw a snake and add feet",
    "床前明月光，疑是地上霜": "Bright moonlight before my bed, I took it for frost on the ground.",
    "他在看书": "He is reading (a book).",
}
UNKNOWN_SENTENCE = "Something else."
MAX_TOKENS = 32


class DictionaryEngine:
    """Says `UNKNOWN_SENTENCE` to what is not in the dictionary; remembers how it was asked."""

    def __init__(self, tokenizer_directory: Path) -> None:
        self._target = sentencepiece.SentencePieceProcessor(model_file=str(tokenizer_directory / "target.spm"))
        self.batches: list[tuple[int, int, int, float]] = []

    def translate(
        self, sentences: Sequence[Sequence[str]], *, beam_size: int, max_output_tokens: int, length_penalty: float
    ) -> list[Hypothesis]:
        self.batches.append((len(sentences), beam_size, max_output_tokens, length_penalty))
        return [self._answer(sentence, max_output_tokens) for sentence in sentences]

    def _answer(self, sentence: Sequence[str], max_output_tokens: int) -> Hypothesis:
        assert sentence[-1] == "</s>"
        text = "".join(sentence[:-1]).replace("▁", "").rstrip("。!?").replace(",", "，")
        pieces = self._target.encode(DICTIONARY.get(text, UNKNOWN_SENTENCE), out_type=str)
        return Hypothesis(tuple(pieces[:max_output_tokens]), -0.1 * len(pieces))


@pytest.fixture(scope="session")
def pieces_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a bundle holds for tokenization."""
    directory = tmp_path_factory.mktemp("pieces")
    source = _train([f"{text}。" for text in DICTIONARY] + ["！？1234567890 Python"])
    target = _train([*DICTIONARY.values(), UNKNOWN_SENTENCE, "one, two; three!"])
    (directory / "source.spm").write_bytes(source)
    (directory / "target.spm").write_bytes(target)
    vocabulary = dict.fromkeys(["</s>", "<unk>", *_pieces(source), *_pieces(target), ">>eng<<"])
    (directory / "shared_vocabulary.json").write_text(json.dumps(list(vocabulary)))
    return directory


@pytest.fixture
def tokenizer(pieces_directory: Path) -> TranslationTokenizer:
    return TranslationTokenizer(pieces_directory, max_tokens=MAX_TOKENS)


@pytest.fixture
def engine(pieces_directory: Path) -> DictionaryEngine:
    return DictionaryEngine(pieces_directory)


@pytest.fixture
def translator(tokenizer: TranslationTokenizer, engine: DictionaryEngine) -> TranslatorModel:
    return TranslatorModel(translator_manifest(), tokenizer, TranslatorRunner(tokenizer, engine))


def translator_manifest(golden: dict[str, str] | None = None) -> TranslatorManifest:
    pairs = ({"你好。": "Hello."} if golden is None else golden).items()
    return TranslatorManifest(
        name="toy-zh-en",
        tasks=(Task.TRANSLATE,),
        max_tokens=MAX_TOKENS,
        files={},
        fingerprint="sha256:" + "0" * 64,
        source=Source(reference="toy", weights_sha256="0" * 64),
        made_with={},
        quality={},
        precision=Precision.INT8,
        source_language="zh",
        target_language="en",
        golden=tuple(GoldenTranslation(text=text, translation=translation) for text, translation in pairs),
    )


def _train(sentences: Sequence[str]) -> bytes:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_writer=model,
        vocab_size=120,
        hard_vocab_limit=False,
        character_coverage=1.0,
        minloglevel=2,
    )
    return model.getvalue()


def _pieces(model: bytes) -> list[str]:
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    return [processor.id_to_piece(number) for number in range(3, processor.get_piece_size())]
