"""Which engine computes an encoder, at which precision, with how many threads."""

import logging
from collections.abc import Iterator
from importlib.metadata import version
from importlib.util import find_spec
from typing import Any

from bert_server.bundle.manifest import EncoderManifest, Precision
from bert_server.bundle.reading import Bundle
from bert_server.cpu import usable_cpus
from bert_server.engines.choices import Choice, Memory, choose
from bert_server.engines.probe import Way
from bert_server.engines.protocol import Encoder
from bert_server.engines.trial import Trial, describe_way
from bert_server.errors import BundleError
from bert_server.settings import Settings

logger = logging.getLogger(__name__)


class ChosenEngine:
    """An engine that also says why it was chosen."""

    def __init__(self, engine: Encoder, why: str) -> None:
        self.infer = engine.infer
        self.padded_length = engine.padded_length
        self._engine = engine
        self._why = why

    def describe(self) -> dict[str, Any]:
        return {**self._engine.describe(), "chosen_because": self._why}


class Selection:
    """The choice for one bundle. Make it early: if something is to be tried, a process starts and imports for it."""

    def __init__(self, manifest: EncoderManifest, settings: Settings) -> None:
        """Raises BundleError if the bundle does not hold what the settings ask for."""
        self._manifest = manifest
        self._settings = settings
        self._wants_torch = _wants_torch(manifest, settings)
        self._ways = ways_of(manifest, settings, usable_cpus())
        self._memory = Memory(settings.cache_dir, manifest.fingerprint, version("openvino"), usable_cpus(), self._ways)
        self._remembered = self._memory.recall()
        self._trial = Trial() if self._has_to_try() else None

    def close(self) -> None:
        if self._trial is not None:
            self._trial.close()

    def open(self, bundle: Bundle) -> Encoder:
        """Raises BundleError if nothing can compute the bundle here."""
        if self._wants_torch:
            why = "asked for" if self._settings.engine == "torch" else "there is a GPU"
            return self._opened(self._torch(bundle), why)
        failures = []
        for choice in self._choices(bundle):
            try:
                return self._opened(self._openvino(bundle, choice.way), choice.why)
            except RuntimeError as error:
                failures.append(f"{describe_way(choice.way)}: {error}")
                logger.warning("OpenVINO cannot compile %s as %s", self._manifest.name, failures[-1])
        if self._may_fall_back():
            return self._opened(self._torch(bundle), "OpenVINO does not work on this machine")
        raise BundleError(
            f"OpenVINO cannot compute {bundle.directory} on this machine "
            f"({'; '.join(failures) or 'every precision ends the process that tries it'}); package the model again "
            f"with the OpenVINO version of this server, or with --with-checkpoint for an image that holds torch"
        )

    def _has_to_try(self) -> bool:
        """Not if there is nothing to choose, nor if the choice is known."""
        has_alternative = len(self._ways) > 1 or self._may_fall_back()
        return has_alternative and not self._wants_torch and self._remembered is None

    def _may_fall_back(self) -> bool:
        return self._settings.engine == "auto" and self._manifest.has_checkpoint and _has_torch()

    def _choices(self, bundle: Bundle) -> Iterator[Choice]:
        """What to take, the best first."""
        if self._remembered is not None:
            yield self._remembered
            others = [way for way in self._ways if way != self._remembered.way]
            yield from (Choice(way, "what was chosen before failed") for way in others)
        elif self._trial is None:
            yield Choice(self._ways[0], "there is nothing to choose from")
        else:
            graphs = {way.precision: bundle.file(way.precision.graph_file) for way in self._ways}
            findings = self._trial.findings(graphs, self._ways)
            choice = choose(self._ways, findings)
            if choice is not None:
                self._memory.keep(choice)
                yield choice
                survivors = [finding.way for finding in findings if finding.way != choice.way]
                yield from (Choice(way, "faster ones failed") for way in survivors)

    def _openvino(self, bundle: Bundle, way: Way) -> Encoder:
        from bert_server.engines.openvino import OpenVinoEngine

        return OpenVinoEngine(
            bundle.file(way.precision.graph_file),
            way.precision,
            threads=way.threads,
            cache_dir=self._settings.cache_dir,
        )

    def _torch(self, bundle: Bundle) -> Encoder:
        from bert_server.engines.torch_engine.engine import TorchEngine

        return TorchEngine(
            bundle.directory,
            has_head=self._manifest.mask_token is not None,
            threads=self._settings.threads or usable_cpus(),
        )

    def _opened(self, engine: Encoder, why: str) -> Encoder:
        chosen = ChosenEngine(engine, why)
        logger.info("%s computes with %s", self._manifest.name, chosen.describe())
        return chosen


def ways_of(manifest: EncoderManifest, settings: Settings, cpus: int) -> tuple[Way, ...]:
    """What OpenVINO may do, the preferred one first. Raises BundleError if the bundle lacks the precision asked for.

    Fewer threads than CPUs are fastest where two CPUs share a core; that is looked into if it can be remembered.
    """
    if settings.precision == "auto":
        precisions = manifest.precisions
    elif settings.precision in manifest.precisions or settings.engine == "torch":
        precisions = (Precision(settings.precision),)
    else:
        raise BundleError(
            f"the bundle of {manifest.name} holds {', '.join(manifest.precisions)}, not {settings.precision}; set "
            f"--precision auto, or package the model again with --precision {settings.precision}"
        )
    threads = settings.threads or cpus
    ways = [Way(precision, threads) for precision in precisions]
    if settings.threads is None and settings.cache_dir is not None:
        ways += [Way(precisions[0], fewer) for fewer in dict.fromkeys((cpus // 2, cpus // 4)) if fewer]
    return tuple(ways)


def _wants_torch(manifest: EncoderManifest, settings: Settings) -> bool:
    """Raises BundleError if torch is asked for and cannot be had."""
    if settings.engine == "torch" and not manifest.has_checkpoint:
        raise BundleError(
            f"the bundle of {manifest.name} holds no checkpoint for torch; package it again --with-checkpoint, or set "
            f"--engine auto"
        )
    if settings.engine == "torch" and not _has_torch():
        raise BundleError("torch is not installed here; install bertrelease[package], or set --engine auto")
    return settings.engine == "torch" or (
        settings.engine == "auto" and manifest.has_checkpoint and _has_torch() and _has_gpu()
    )


def _has_torch() -> bool:
    return all(find_spec(name) is not None for name in ("torch", "transformers"))


def _has_gpu() -> bool:
    from bert_server.engines.torch_engine.engine import has_gpu

    return has_gpu()
