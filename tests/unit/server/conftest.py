"""A toy model whose answers can be worked out by hand, a bundle of it, and a service around it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from bert_server.bundle.fingerprint import file_sha256, fingerprint_of
from bert_server.bundle.manifest import MANIFEST_FILE, EncoderManifest, GoldenPrompt, Precision, Source, Task
from bert_server.inference.jobs import FeatureJob, FillMaskJob, Job, JobResult, ScoredToken
from bert_server.models import EncoderModel, Models
from bert_server.service import Service
from bert_server.settings import Settings
from bert_server.tokenization import TextEncoder

MASK = "[MASK]"
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", MASK, *"上下左右天地人和火锅"]
MAX_TOKENS = 16
HIDDEN_SIZE = 4
BEST_SCORE = 0.9
TASKS = (Task.FILL_MASK, Task.SEMANTIC_SIMILARITY, Task.FEATURE_EXTRACTION)


class NextInVocabulary:
    """Prefers, at each mask, the token that follows the previous token in the vocabulary.

    A text's vector counts its tokens by their id modulo 4, so that the same tokens in any order give the same vector.
    """

    def run(self, jobs: Sequence[Job]) -> list[JobResult]:
        return [self._answer(job) for job in jobs]

    def padded_length(self, tokens: int) -> int:
        return -(-tokens // 8) * 8

    def _answer(self, job: Job) -> JobResult:
        if isinstance(job, FeatureJob):
            return np.bincount(job.token_ids % HIDDEN_SIZE, minlength=HIDDEN_SIZE).astype(np.float32)
        assert isinstance(job, FillMaskJob)
        return tuple(self._mask(job, place) for place in job.mask_positions)

    def _mask(self, job: FillMaskJob, place: int) -> tuple[ScoredToken, ...]:
        best = (int(job.token_ids[place - 1]) + 1) % len(VOCABULARY)
        rest = (1 - BEST_SCORE) / (len(VOCABULARY) - 1)
        ranked = [best, *(token for token in range(len(VOCABULARY)) if token != best)]
        scored = [ScoredToken(token, BEST_SCORE if token == best else rest) for token in ranked]
        if job.candidates:
            return tuple(token for token in scored if token.token_id in job.candidates)
        return tuple(scored[: job.top_k])


@pytest.fixture
def tokenizer_file(tmp_path: Path) -> Path:
    tokenizer = Tokenizer(models.WordPiece({token: i for i, token in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    tokenizer.add_special_tokens(VOCABULARY[:5])
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    frame = [("[CLS]", 2), ("[SEP]", 3)]
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=frame)
    file = tmp_path / "toy-tokenizer.json"
    tokenizer.save(str(file))
    return file


@pytest.fixture
def encoder(tokenizer_file: Path) -> TextEncoder:
    return TextEncoder(tokenizer_file, mask_token=MASK, max_tokens=MAX_TOKENS)


@pytest.fixture
def bundle_directory(tmp_path: Path) -> Path:
    """A well-formed bundle whose files hold nothing that an engine could read."""
    directory = tmp_path / "bundle"
    directory.mkdir()
    manifest = _manifest({})
    for name in manifest.required_files():
        (directory / name).write_text(f"content of {name}")
    files = {name: file_sha256(directory / name) for name in sorted(manifest.required_files())}
    (directory / MANIFEST_FILE).write_text(_manifest(files).model_dump_json())
    return directory


@pytest.fixture
def model(encoder: TextEncoder) -> EncoderModel:
    return EncoderModel(_manifest({}), encoder, NextInVocabulary(), {"name": "next-in-vocabulary"})


@pytest.fixture
def service(bundle_directory: Path, model: EncoderModel) -> Iterator[Service]:
    """A service as it is when the model has been loaded."""
    settings = Settings(bundle=(bundle_directory,), version="v1.2.3", release="toy", max_body_bytes=4096)
    service = Service(settings)
    service.adopt(Models([model]), 0.25)
    yield service
    service.close()


def _manifest(files: dict[str, str]) -> EncoderManifest:
    draft = EncoderManifest(
        name="toy",
        tasks=TASKS,
        precisions=(Precision.FP32,),
        max_tokens=MAX_TOKENS,
        mask_token=MASK,
        hidden_size=HIDDEN_SIZE,
        vocabulary_size=len(VOCABULARY),
        files=files,
        fingerprint="sha256:" + "0" * 64,
        source=Source(reference="toy", weights_sha256="0" * 64),
        made_with={},
        quality={},
        golden_tolerance=0.01,
        golden=(GoldenPrompt(text="天[MASK]", token="地", score=BEST_SCORE),),
        golden_pairs=(),
    )
    fingerprint = fingerprint_of(files=files, tasks=TASKS, deciding=draft.deciding())
    return draft.model_copy(update={"fingerprint": fingerprint})
