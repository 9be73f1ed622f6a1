"""A checkpoint of bert-base-chinese's shape with random weights: as much to compute, and nothing to download."""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final

from examples.models.cache import cached_directory, digest_of

VOCABULARY_SIZE: Final = 21_128
MAX_TOKENS: Final = 512
LAYERS: Final = 12
HIDDEN_SIZE: Final = 768
SEED: Final = 20_180_810
FIRST_SPECIAL_ID: Final = 100
SPECIAL: Final = ("[UNK]", "[CLS]", "[SEP]", "[MASK]")
PUNCTUATION: Final = "、。，！？：；（）《》“”…—"
FIRST_IDEOGRAPH, LAST_IDEOGRAPH = 0x4E00, 0x9FA5


def random_checkpoint() -> Path:
    """A directory with config, safetensors and tokenizer; made now unless the cache has it."""
    digest = digest_of(SEED, version("torch"), version("transformers"), files=[Path(__file__)])
    return cached_directory("checkpoint-random-base", digest, _make)


def vocabulary() -> list[str]:
    """Laid out as bert-base-chinese's: [PAD] is 0, [UNK] to [MASK] are 100 to 103, then characters."""
    unused = (f"[unused{number}]" for number in range(1, VOCABULARY_SIZE))
    tokens = ["[PAD]", *(next(unused) for _ in range(FIRST_SPECIAL_ID - 1)), *SPECIAL, *_characters()]
    return [*tokens, *(next(unused) for _ in range(VOCABULARY_SIZE - len(tokens)))]


def _characters() -> Iterator[str]:
    yield from (chr(code) for code in range(0x21, 0x7F) if not chr(code).isupper())
    yield from PUNCTUATION
    yield from map(chr, range(FIRST_IDEOGRAPH, LAST_IDEOGRAPH + 1))


def _make(directory: Path) -> None:
    import torch
    from transformers import BertConfig, BertForMaskedLM, BertTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    torch.manual_seed(SEED)
    config = BertConfig(
        vocab_size=VOCABULARY_SIZE,
        num_hidden_layers=LAYERS,
        hidden_size=HIDDEN_SIZE,
        num_attention_heads=12,
        intermediate_size=3072,
        max_position_embeddings=MAX_TOKENS,
    )
    BertForMaskedLM(config).save_pretrained(directory)
    vocabulary_file = directory / "vocab.txt"
    vocabulary_file.write_text("\n".join(vocabulary()) + "\n", encoding="utf-8")
    tokenizer = BertTokenizer(str(vocabulary_file), do_lower_case=True, model_max_length=MAX_TOKENS)
    tokenizer.save_pretrained(directory)
