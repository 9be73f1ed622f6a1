"""Other servers of BERT embeddings, each in a virtual environment of its own from pinned, hashed requirements."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.server.processes import HOST, ServerProcess, free_port
from bert_server.bench.workload import MODEL_NAME
from examples.models.cache import cached_directory, digest_of, models_cache

REQUIREMENTS: Final = Path(__file__).parent / "requirements-peers.txt"
# Neither the hub nor anybody's statistics may be asked for anything.
OFFLINE: Final = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "DO_NOT_TRACK": "1"}


@dataclass(frozen=True)
class Peer:
    """`path` is where it takes embeddings as OpenAI shapes them."""

    name: str
    path: str
    start: Callable[[Path], ServerProcess]


def infinity(checkpoint: Path) -> ServerProcess:
    """infinity-emb with torch on the CPU in fp32: its engine that takes a checkpoint as it is."""
    port = free_port()
    command = [
        str(_environment() / "bin/infinity_emb"),
        "v2",
        *("--model-id", str(checkpoint), "--served-model-name", MODEL_NAME),
        *("--engine", "torch", "--device", "cpu", "--dtype", "float32"),
        *("--no-bettertransformer", "--no-model-warmup", "--host", HOST, "--port", str(port)),
    ]
    return ServerProcess("infinity", command, port=port, ready_path="/health", environment=OFFLINE)


PEERS: Final = (Peer("infinity", "/embeddings", infinity),)


def _environment() -> Path:
    return cached_directory("peers", digest_of(sys.version, files=[REQUIREMENTS]), _install)


def _install(directory: Path) -> None:
    """A relocatable environment, because the directory is renamed when it is complete."""
    uv = shutil.which("uv") or str(models_cache().parent / "uv/bin/uv")
    subprocess.run([uv, "venv", "--quiet", "--relocatable", "--python", sys.executable, str(directory)], check=True)
    python = str(directory / "bin/python")
    sync = [uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", str(REQUIREMENTS)]
    subprocess.run(sync, check=True)
