"""`manifest.json`: what a bundle holds, where it comes from, and how to recognise it."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

MANIFEST_FILE = "manifest.json"
MODEL_FILE = "model.xml"
WEIGHTS_FILE = "model.bin"
TOKENIZER_FILE = "tokenizer.json"
CONFIG_FILE = "config.json"
CONTENT_FILES = (MODEL_FILE, WEIGHTS_FILE, TOKENIZER_FILE, CONFIG_FILE)

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Precision(StrEnum):
    """How the weights are stored and how the engine computes with them."""

    FP32 = "fp32"
    BF16 = "bf16"
    INT8 = "int8"


class Task(StrEnum):
    FILL_MASK = "fill-mask"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Record):
    """The checkpoint that the bundle was made from."""

    reference: str
    weights_sha256: Sha256


class GoldenPrompt(_Record):
    """A text with one mask, the best token for it, and that token's probability when packaged."""

    text: str
    token: str
    score: Annotated[float, Field(ge=0, le=1)]


class Manifest(_Record):
    """The fingerprint covers `files`, `tasks`, `precision`, `max_tokens` and `mask_token`; the rest is a record."""

    schema_version: Literal[1] = 1
    name: Annotated[str, Field(min_length=1)]
    tasks: Annotated[tuple[Task, ...], Field(min_length=1)]
    precision: Precision
    max_tokens: Annotated[int, Field(ge=3, description="Longest input, special tokens included.")]
    mask_token: Annotated[str, Field(min_length=1)]
    files: dict[str, Sha256]
    fingerprint: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    source: Source
    made_with: dict[str, str]
    golden_tolerance: Annotated[float, Field(gt=0, lt=1)]
    golden: tuple[GoldenPrompt, ...]
