"""Choosing among measured ways to compute, and remembering the choice."""

import contextlib
import hashlib
import logging
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from bert_server.engines.probe import Finding, Way
from bert_server.engines.trial import describe_way

logger = logging.getLogger(__name__)

# What is this much faster is preferred to what was asked for first: less may be the noise of a busy machine.
WORTHWHILE: Final = 0.9


class Choice(msgspec.Struct, frozen=True):
    """`why` is a sentence for people, with the figures."""

    way: Way
    why: str


def choose(ways: Sequence[Way], findings: Sequence[Finding]) -> Choice | None:
    """The first of `ways` that was measured, unless another one is clearly faster. None if none was measured."""
    measured = {finding.way: finding.layer_ms for finding in findings if finding.layer_ms is not None}
    chosen: Way | None = None
    for way in ways:
        if way in measured and (chosen is None or measured[way] < WORTHWHILE * measured[chosen]):
            chosen = way
    if chosen is None:
        return None
    figures = ", ".join(f"{describe_way(way)} {measured[way]:.2f} ms" for way in ways if way in measured)
    return Choice(chosen, f"fastest here, a layer of 32 tokens takes: {figures}")


class Memory:
    """Choices on disk, under everything that may change them; forgets everything without a directory."""

    def __init__(self, directory: Path | None, *facts: object) -> None:
        digest = hashlib.sha256(repr((cpu_kind(), *facts)).encode()).hexdigest()[:24]
        self._file = None if directory is None else directory / f"engine-choice-{digest}.json"

    def recall(self) -> Choice | None:
        if self._file is None:
            return None
        with contextlib.suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode(self._file.read_bytes(), type=Choice)
        return None

    def keep(self, choice: Choice) -> None:
        """A directory that cannot be written to costs the next start a measurement, no more."""
        if self._file is None:
            return
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            descriptor, draft = tempfile.mkstemp(dir=self._file.parent, prefix=".engine-choice-")
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(msgspec.json.encode(choice))
            Path(draft).replace(self._file)
        except OSError as error:
            logger.warning("cannot remember the choice of engine in %s: %s", self._file.parent, error.strerror)


def cpu_kind(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Equal for CPUs that run the same kernels: the model's name, and the instructions that it has."""
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        return "unknown"
    facts = dict(line.split(":", 1) for line in reversed(lines) if ":" in line)
    named = {name.strip(): value.strip() for name, value in facts.items()}
    return "; ".join(named.get(name, "") for name in ("model name", "CPU implementer", "CPU part", "flags", "Features"))
