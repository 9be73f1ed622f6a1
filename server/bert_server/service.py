"""The state of a running server: what it serves, how far it is, and whether it is going away."""

import asyncio
import logging
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from enum import StrEnum

from bert_server.cache.building import build_cache
from bert_server.cache.caching import CachedInference
from bert_server.errors import BertServerError
from bert_server.identity import Identity
from bert_server.inference.contract import Inference
from bert_server.inference.idle_check import repeat_when_idle
from bert_server.inference.priming import encoder_batches
from bert_server.inference.scheduler import Scheduler
from bert_server.loading import golden_checks, warm_up_steps
from bert_server.loading_thread import Loading
from bert_server.models import EncoderModel, Models
from bert_server.settings import Settings
from bert_server.telemetry.metrics import Metrics
from bert_server.telemetry.predictions import RecentPredictions

logger = logging.getLogger(__name__)

# What an inference under way may still take when everything else has ended.
STOP_SECONDS = 0.5
# A stall that lasts this many times the setting is beyond hope: the process should be restarted.
HOPELESS_STALLS = 3


class Status(StrEnum):
    LOADING = "loading"
    FAILED = "failed"
    READY = "ready"
    STALLED = "stalled"
    WRONG = "wrong"
    DRAINING = "draining"


class Service:
    """Created before the models are there, so that probes and metrics answer from the first moment.

    `inference` is what tasks ask: the scheduler, behind the cache of results once the models are known.
    """

    def __init__(self, settings: Settings, loading: Loading | None = None) -> None:
        """`loading` may have begun before; without one, `load` begins it."""
        self.settings = settings
        self._loading = loading
        self.identity = Identity(settings.version, settings.release)
        self.metrics = Metrics(settings.version)
        self.predictions = RecentPredictions(settings.kept_predictions)
        self.scheduler = Scheduler(settings.queue_size, settings.max_batch_tokens, self.metrics)
        self.metrics.watch_queue(lambda: self.scheduler.waiting_jobs)
        self.inference: Inference = self.scheduler
        self._cache: CachedInference | None = None
        self.models: Models | None = None
        self.loaded = asyncio.Event()
        self.load_failed = asyncio.Event()
        self.draining = False
        self.tokenizing = ThreadPoolExecutor(max_workers=1, thread_name_prefix="tokenizing")
        self._failure: str | None = None
        self._wrong_answer: str | None = None

    async def load(self) -> None:
        """Serve the models as soon as they are loaded; a failure becomes part of the status."""
        loading = self._loading = self._loading or Loading(self.settings)
        try:
            models = await loading.models()
            self.adopt(models, loading.seconds)
            await self._prime(models)
            await self._warm_up(models)
        except Exception as error:  # whatever it is, the server stays up and tells
            explained = isinstance(error, BertServerError)
            self._failure = str(error) if explained else f"{type(error).__name__}: {error}"
            self.metrics.model_failed(loading.seconds)
            self.load_failed.set()
            logger.error("the model cannot be loaded: %s", self._failure, exc_info=not explained)  # noqa: TRY400

    def adopt(self, models: Models, load_seconds: float) -> None:
        """Serve these models from now on. Raises SettingsError if the shared cache's address is none."""
        for model in models.all:
            self.scheduler.register(model.manifest.name, model.runner)
            self.metrics.engine_chosen(model.manifest.name, model.engine)
        self.inference = self._cache = build_cache(self.settings, models, self.scheduler, self.metrics)
        self.identity = replace(self.identity, fingerprint=models.fingerprint)
        self.metrics.model_loaded(models.fingerprint, load_seconds)
        self.models = models
        self.loaded.set()
        names = ", ".join(model.manifest.name for model in models.all)
        logger.info("ready: loaded %s in %.2f s", names, load_seconds)

    async def _prime(self, models: Models) -> None:
        """Let the scheduler learn what encoders cost, so that even the first rush is let in by a prediction."""
        for model in models.all:
            if isinstance(model, EncoderModel):
                name = model.manifest.name
                await self.scheduler.prime(name, encoder_batches(name, model.manifest.max_tokens))

    async def _warm_up(self, models: Models) -> None:
        """Meet the rarer input sizes while there is nothing else to do: the first of each costs some milliseconds."""
        for step in warm_up_steps(models):
            await self.scheduler.run(step, when_idle=True)

    async def repeat_golden(self) -> None:
        """Ask the golden prompts again whenever there is nothing else to do; runs until cancelled."""
        await self.loaded.wait()
        models = self.models
        if models is not None:
            interval_seconds = self.settings.golden_interval_seconds
            await repeat_when_idle(self.scheduler, golden_checks(models), interval_seconds, self.golden_asked)

    def golden_asked(self, failure: Exception | None) -> None:
        """The golden prompts were asked again; `failure` says which one was answered differently, and how."""
        if failure is not None and self._wrong_answer is None:
            logger.error("the model no longer answers as it did: %s", failure)
        self._wrong_answer = None if failure is None else str(failure)

    def status(self) -> tuple[Status, str]:
        """The status, and a sentence on why the server is not ready (or that it is)."""
        if self.draining:
            return Status.DRAINING, "the server was told to stop and takes no new work soon"
        if self._failure is not None:
            return Status.FAILED, self._failure
        if self.models is None:
            return Status.LOADING, self._loading.step if self._loading is not None else "starting"
        busy_seconds = self.scheduler.busy_seconds()
        if busy_seconds > self.settings.stall_seconds:
            return Status.STALLED, _stall(busy_seconds)
        if self._wrong_answer is not None:
            return Status.WRONG, self._wrong_answer
        return Status.READY, "the model is loaded and has passed its self-test"

    def is_alive(self) -> bool:
        """False if inference is stuck beyond hope. Loading takes as long as it takes: startup probes limit that."""
        return self.models is None or self.scheduler.busy_seconds() <= HOPELESS_STALLS * self.settings.stall_seconds

    async def disconnect(self) -> None:
        """Close what leads to other servers."""
        if self._cache is not None:
            await self._cache.close()

    def close(self) -> bool:
        """Stop the threads; False if inference (or loading) still runs."""
        self.tokenizing.shutdown(wait=False, cancel_futures=True)
        has_loaded = self._loading is None or self._loading.stop(wait_seconds=STOP_SECONDS)
        return self.scheduler.stop(wait_seconds=STOP_SECONDS) and has_loaded


def _stall(busy_seconds: float) -> str:
    if math.isinf(busy_seconds):
        return "the thread that does all inference is dead"
    return f"an inference has been running for {busy_seconds:.0f} s"
