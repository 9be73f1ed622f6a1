"""A Marian checkpoint: what must be in its directory, and how it becomes CTranslate2's files."""

import json
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from ctranslate2.converters import TransformersConverter
from transformers import MarianMTModel
from transformers.utils import logging as transformers_logging

from bert_server.bundle.manifest import Precision
from bert_server.engines.ctranslate import COMPUTE_TYPES
from bert_server.errors import PackagingError
from bert_server.packaging.checkpoint import Checkpoint
from bert_server.translation.tokenization import SOURCE_PIECES_FILE, TARGET_PIECES_FILE

NEEDED_FILES = (SOURCE_PIECES_FILE, TARGET_PIECES_FILE, "vocab.json", "tokenizer_config.json")
# One character may become that many pieces, and a sentence is cut no further than into characters.
LEAST_MAX_TOKENS = 32


@dataclass(frozen=True)
class MarianFacts:
    """What the checkpoint says of itself."""

    source_language: str
    target_language: str
    max_tokens: int


def read_facts(checkpoint: Checkpoint) -> MarianFacts:
    """Raises PackagingError if the checkpoint lacks a file or is of a kind that cannot be packaged."""
    directory = checkpoint.directory
    missing = [name for name in NEEDED_FILES if not (directory / name).is_file()]
    if missing:
        raise PackagingError(
            f"{directory} lacks {', '.join(missing)}; a Marian checkpoint holds them beside model.safetensors: "
            f"write it with `model.save_pretrained` and `tokenizer.save_pretrained`"
        )
    config, tokenizer = _read(directory / "config.json"), _read(directory / "tokenizer_config.json")
    if tokenizer.get("separate_vocabs") or config.get("share_encoder_decoder_embeddings") is False:
        raise PackagingError(
            f"{directory} has a vocabulary for each language; only shared vocabularies can be packaged"
        )
    max_tokens = int(config.get("max_position_embeddings", 0))
    if max_tokens < LEAST_MAX_TOKENS:
        raise PackagingError(
            f"{directory / 'config.json'}: max_position_embeddings is {max_tokens}; at least {LEAST_MAX_TOKENS} tokens "
            f"are needed for a sentence"
        )
    return MarianFacts(
        source_language=_language(directory, tokenizer, "source_lang"),
        target_language=_language(directory, tokenizer, "target_lang"),
        max_tokens=max_tokens,
    )


def load_model(checkpoint: Checkpoint) -> MarianMTModel:
    """The model in fp32, ready to translate. Raises PackagingError if CTranslate2 would read it differently."""
    transformers_logging.disable_progress_bar()
    transformers_logging.set_verbosity_error()
    # Random weights would translate nonsense with confidence, so missing ones must not pass.
    model, loading = MarianMTModel.from_pretrained(
        checkpoint.directory,
        use_safetensors=True,
        local_files_only=True,
        dtype=torch.float32,
        output_loading_info=True,
    )
    if loading["missing_keys"]:
        missing = ", ".join(sorted(loading["missing_keys"])[:3])
        raise PackagingError(f"{checkpoint.reference} is no whole Marian model: it has no weights for {missing}")
    padding_id = model.config.pad_token_id
    start = model.get_decoder().embed_tokens.weight[model.config.decoder_start_token_id]
    if padding_id != model.config.decoder_start_token_id or start.abs().max() > 0:
        raise PackagingError(
            f"{checkpoint.reference} starts its translations from another vector than zero, which CTranslate2 takes "
            f"for granted of a Marian model; train it with the padding token as decoder start and its embedding zero"
        )
    return model.eval()


def convert(checkpoint: Checkpoint, precision: Precision, directory: Path) -> None:
    """Write CTranslate2's files and the SentencePiece models into the empty `directory`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a hint that another tokenizer would like another library
        converter = TransformersConverter(str(checkpoint.directory))
        converter.convert(str(directory), quantization=COMPUTE_TYPES[precision], force=True)
    for name in (SOURCE_PIECES_FILE, TARGET_PIECES_FILE):
        shutil.copyfile(checkpoint.directory / name, directory / name)


def _language(directory: Path, tokenizer: dict[str, Any], key: str) -> str:
    language = tokenizer.get(key)
    if not isinstance(language, str) or not (language.isascii() and language.islower() and len(language) in (2, 3)):
        raise PackagingError(
            f"{directory / 'tokenizer_config.json'}: {key} is {language!r}; write the language's code there (zh, en)"
        )
    return language


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise PackagingError(f"cannot read {file}: {error}") from error
    if not isinstance(content, dict):
        raise PackagingError(f"{file} holds no JSON object")
    return content
