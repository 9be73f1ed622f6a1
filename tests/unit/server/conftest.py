"""A toy model whose answers can be worked out by hand, and a service around it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from bert_server.bundle.fingerprint import file_sha256, fingerprint_of
from bert_server.bundle.golden import record
from bert_server.bundle.manifest import CONTENT_FILES, MANIFEST_FILE, Manifest, Precision, Source, Task
from bert_server.engines.protocol import Ids, Logits
from bert_server.loading import LoadedModel
from bert_server.service import Service
from bert_server.settings import Settings
from bert_server.tasks.fill_mask import FillMask
from bert_server.tokenization import TextEncoder

MASK = "[MASK]"
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", MASK, *"上下左右天地人和火锅"]
MAX_TOKENS = 16


class NextInVocabulary:
    """Prefers, at each mask, the token that follows the previous token in the vocabulary."""

    def logits(self, input_ids: Ids, attention_mask: Ids, mask_positions: Ids) -> Logits:
        assert attention_mask.shape == input_ids.shape
        rows = np.zeros((len(mask_positions), len(VOCABULARY)), dtype=np.float32)
        for row, (text, place) in zip(rows, mask_positions, strict=True):
            row[(input_ids[text, place - 1] + 1) % len(VOCABULARY)] = 5.0
        return rows

    def describe(self) -> dict[str, object]:
        return {"name": "next-in-vocabulary"}


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
def task(encoder: TextEncoder) -> FillMask:
    return FillMask(encoder, NextInVocabulary())


@pytest.fixture
def bundle_directory(tmp_path: Path, task: FillMask) -> Path:
    """A well-formed bundle whose files hold nothing that an engine could read."""
    directory = tmp_path / "bundle"
    directory.mkdir()
    for name in CONTENT_FILES:
        (directory / name).write_text(f"content of {name}")
    (directory / MANIFEST_FILE).write_text(_manifest(directory, task).model_dump_json())
    return directory


@pytest.fixture
def service(bundle_directory: Path, task: FillMask) -> Iterator[Service]:
    """A service as it is when the model has been loaded."""
    settings = Settings(bundle=bundle_directory, version="v1.2.3", release="toy", max_body_bytes=4096, queue_size=1)
    service = Service(settings)
    service.adopt(LoadedModel(_manifest(bundle_directory, task), task, {"name": "toy"}), 0.25)
    yield service
    service.close()


def _manifest(directory: Path, task: FillMask) -> Manifest:
    files = {name: file_sha256(directory / name) for name in CONTENT_FILES}
    tasks = (Task.FILL_MASK,)
    return Manifest(
        name="toy",
        tasks=tasks,
        precision=Precision.FP32,
        max_tokens=MAX_TOKENS,
        mask_token=MASK,
        files=files,
        fingerprint=fingerprint_of(files=files, tasks=tasks, precision="fp32", max_tokens=MAX_TOKENS, mask_token=MASK),
        source=Source(reference="toy", weights_sha256="0" * 64),
        made_with={},
        golden_tolerance=0.01,
        golden=record(task, ["上[MASK]", "天[MASK]"]),
    )
