"""`manifest.json`: what a bundle holds, where it comes from, and how to recognise it."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

MANIFEST_FILE = "manifest.json"
TOKENIZER_FILE = "tokenizer.json"
CONFIG_FILE = "config.json"
CHECKPOINT_WEIGHTS_FILE = "model.safetensors"

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Precision(StrEnum):
    """How the weights are stored and how the engine computes with them."""

    FP32 = "fp32"
    BF16 = "bf16"
    INT8 = "int8"

    @property
    def graph_file(self) -> str:
        """OpenVINO's description of the model at this precision."""
        return f"model-{self}.xml"

    @property
    def weights_file(self) -> str:
        """The weights that belong to `graph_file`."""
        return f"model-{self}.bin"


class Task(StrEnum):
    FILL_MASK = "fill-mask"
    SEMANTIC_SIMILARITY = "semantic-similarity"
    FEATURE_EXTRACTION = "feature-extraction"
    TRANSLATE = "translate"


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


class GoldenPair(_Record):
    """Two texts and the cosine of their mean-pooled vectors when packaged."""

    first: str
    second: str
    cosine: Annotated[float, Field(ge=-1.01, le=1.01)]


class GoldenTranslation(_Record):
    """A text and its translation when packaged."""

    text: str
    translation: str


class _Manifest(_Record):
    """The fingerprint covers what decides an answer; the rest is a record."""

    schema_version: Literal[2] = 2
    name: Annotated[str, Field(min_length=1)]
    tasks: Annotated[tuple[Task, ...], Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=3, description="Longest input, special tokens included.")]
    files: dict[str, Sha256]
    fingerprint: Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
    source: Source
    made_with: dict[str, str]
    quality: Annotated[
        dict[str, float], Field(description="Figures measured when packaged, with units in their names.")
    ]


class EncoderManifest(_Manifest):
    """A BERT: masked language model, sentence vectors, or both.

    `precisions` are those the bundle holds, the preferred one first; each has passed the comparison with fp32.
    `golden_tolerance` is how far a probability or a cosine may be off. `has_checkpoint` says that the bundle also
    holds the checkpoint's own weights, for the torch engine.
    """

    family: Literal["encoder"] = "encoder"
    precisions: Annotated[tuple[Precision, ...], Field(min_length=1)]
    has_checkpoint: bool = False
    mask_token: str | None
    hidden_size: Annotated[int, Field(ge=1)]
    vocabulary_size: Annotated[int, Field(ge=1)]
    golden_tolerance: Annotated[float, Field(gt=0, lt=1)]
    golden: tuple[GoldenPrompt, ...]
    golden_pairs: tuple[GoldenPair, ...]

    def required_files(self) -> frozenset[str]:
        graphs = {name for precision in self.precisions for name in (precision.graph_file, precision.weights_file)}
        checkpoint = {CHECKPOINT_WEIGHTS_FILE} if self.has_checkpoint else set()
        return frozenset({TOKENIZER_FILE, CONFIG_FILE, *graphs, *checkpoint})

    def deciding(self) -> dict[str, object]:
        """What, beside files and tasks, decides an answer."""
        return {
            "family": self.family,
            "mask_token": self.mask_token,
            "max_tokens": self.max_tokens,
            "precisions": sorted(self.precisions),
        }


class TranslatorManifest(_Manifest):
    """A Marian-type model as CTranslate2 stores it, with the SentencePiece models of both languages."""

    family: Literal["translator"] = "translator"
    precision: Precision
    source_language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
    target_language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
    golden: tuple[GoldenTranslation, ...]

    def required_files(self) -> frozenset[str]:
        return frozenset({"model.bin", CONFIG_FILE, "shared_vocabulary.json", "source.spm", "target.spm"})

    def deciding(self) -> dict[str, object]:
        """What, beside files and tasks, decides an answer."""
        return {
            "family": self.family,
            "max_tokens": self.max_tokens,
            "precision": self.precision,
            "source_language": self.source_language,
            "target_language": self.target_language,
        }


Manifest = EncoderManifest | TranslatorManifest
MANIFEST: TypeAdapter[Manifest] = TypeAdapter(Annotated[Manifest, Field(discriminator="family")])
