"""The state of a running server: what it serves, how far it is, and whether it is going away."""

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from enum import StrEnum

from bert_server.errors import BertServerError
from bert_server.identity import Identity
from bert_server.loading import LoadedModel, load
from bert_server.settings import Settings
from bert_server.telemetry.metrics import Metrics
from bert_server.tokenization import EncodedText
from bert_server.worker import Worker

logger = logging.getLogger(__name__)

# Tokenizing this many characters takes a fraction of a millisecond; longer texts leave the event loop.
SHORT_TEXT_CHARACTERS = 256
# What an inference under way may still take when everything else has ended.
STOP_SECONDS = 0.5
# A stall that lasts this many times the setting is beyond hope: the process should be restarted.
HOPELESS_STALLS = 3


class Status(StrEnum):
    LOADING = "loading"
    FAILED = "failed"
    READY = "ready"
    STALLED = "stalled"
    DRAINING = "draining"


class Service:
    """Created before the model is there, so that probes and metrics answer from the first moment."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.identity = Identity(settings.version, settings.release)
        self.metrics = Metrics(settings.version)
        self.worker = Worker(settings.queue_size)
        self.model: LoadedModel | None = None
        self.load_failed = asyncio.Event()
        self.draining = False
        self._step = "starting"
        self._failure: str | None = None
        self._tokenizing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tokenizing")

    async def load(self) -> None:
        """Load the model on the inference thread; a failure becomes part of the status."""
        started = time.monotonic()
        try:
            model = await self.worker.run(lambda: load(self.settings, self._set_step))
        except Exception as error:  # whatever it is, the server stays up and tells
            explained = isinstance(error, BertServerError)
            self._failure = str(error) if explained else f"{type(error).__name__}: {error}"
            self.metrics.model_failed(time.monotonic() - started)
            self.load_failed.set()
            logger.error("the model cannot be loaded: %s", self._failure, exc_info=not explained)  # noqa: TRY400
            return
        self.adopt(model, time.monotonic() - started)

    def adopt(self, model: LoadedModel, load_seconds: float) -> None:
        """Serve this model from now on."""
        self.identity = replace(self.identity, fingerprint=model.manifest.fingerprint)
        self.metrics.model_loaded(model.manifest.fingerprint, load_seconds)
        self.model = model
        logger.info("ready: loaded %s in %.2f s", model.manifest.name, load_seconds)

    def status(self) -> tuple[Status, str]:
        """The status, and a sentence on why the server is not ready (or that it is)."""
        if self.draining:
            return Status.DRAINING, "the server was told to stop and takes no new work soon"
        if self._failure is not None:
            return Status.FAILED, self._failure
        if self.model is None:
            return Status.LOADING, self._step
        busy_seconds = self.worker.busy_seconds()
        if busy_seconds > self.settings.stall_seconds:
            return Status.STALLED, f"an inference has been running for {busy_seconds:.0f} s"
        return Status.READY, "the model is loaded and has passed its self-test"

    def is_alive(self) -> bool:
        """False if inference is stuck beyond hope. Loading takes as long as it takes: startup probes limit that."""
        return self.model is None or self.worker.busy_seconds() <= HOPELESS_STALLS * self.settings.stall_seconds

    async def encode(self, model: LoadedModel, text: str) -> EncodedText:
        """As `TextEncoder.encode`, without holding up the event loop."""
        if len(text) <= SHORT_TEXT_CHARACTERS:
            return model.fill_mask.encoder.encode(text)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._tokenizing, model.fill_mask.encoder.encode, text)

    def close(self) -> bool:
        """Stop the threads; False if inference (or loading) still runs."""
        self._tokenizing.shutdown(wait=False, cancel_futures=True)
        return self.worker.stop(wait_seconds=STOP_SECONDS)

    def _set_step(self, step: str) -> None:
        self._step = step
        logger.info("loading: %s", step)
