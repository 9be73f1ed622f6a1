"""What the scheduler and the cache report, counted."""

from collections.abc import Callable

from bert_server.inference.contract import BatchRecord, RefusalReason
from bert_server.telemetry import buckets
from bert_server.telemetry.series import SeriesRegistry


class InferenceMetrics:
    """The `InferenceObserver` of the process. Safe on any thread."""

    def __init__(self, series: SeriesRegistry) -> None:
        self._batch_jobs = series.histogram("bert_batch_jobs", "Sequences in a batch.", buckets.BATCH_JOBS, "model")
        self._batch_tokens = series.histogram(
            "bert_batch_tokens", "Tokens that a batch computed, padding included.", buckets.BATCH_TOKENS, "model"
        )
        self._padding = series.histogram(
            "bert_batch_padding_ratio", "Share of padding in a batch's tokens.", buckets.SHARES, "model"
        )
        self._cost = series.histogram(
            "bert_cost_ratio", "Time that a batch took, divided by the prediction.", buckets.COST_RATIOS, "model"
        )
        self._wait = series.histogram(
            "bert_job_wait_seconds", "Time from a sequence's admission to its batch.", buckets.STAGE_BUCKETS_SECONDS
        ).of()
        refusals = series.counter("bert_refusals_total", "Requests that were not computed, by reason.", "reason")
        self._refusals = {reason: refusals.of(reason) for reason in RefusalReason}
        cached = series.counter(
            "bert_cache_requests_total",
            "Sequences that needed no computation of their own (hit), and those that did (miss).",
            "result",
        )
        self._hits, self._misses = cached.of("hit"), cached.of("miss")
        self._queue_jobs = series.gauge("bert_queue_jobs", "Sequences that wait for the engine.").of()
        self._cache_bytes = series.gauge("bert_cache_bytes", "Memory of the results kept in this process.").of()
        self._shared_cache_up = series.gauge(
            "bert_shared_cache_up", "1 while the shared cache answers in time; absent without one."
        )

    def batch_done(self, record: BatchRecord) -> None:
        model, padded_tokens = record.model, record.padded_tokens
        self._batch_jobs.of(model).observe(record.jobs)
        self._batch_tokens.of(model).observe(padded_tokens)
        if padded_tokens > 0:
            self._padding.of(model).observe((padded_tokens - record.tokens) / padded_tokens)
        if record.predicted_seconds > 0:
            self._cost.of(model).observe(record.infer_seconds / record.predicted_seconds)

    def job_waited(self, queue_seconds: float) -> None:
        self._wait.observe(queue_seconds)

    def refused(self, reason: RefusalReason) -> None:
        self._refusals[reason].inc()

    def cache_hit(self, jobs: int) -> None:
        self._hits.inc(jobs)

    def cache_miss(self, jobs: int) -> None:
        self._misses.inc(jobs)

    def watch_queue(self, waiting_jobs: Callable[[], float]) -> None:
        """Asked at each scrape, on the scraping thread; so are the others."""
        self._queue_jobs.set_function(waiting_jobs)

    def watch_cache(self, used_bytes: Callable[[], float]) -> None:
        self._cache_bytes.set_function(used_bytes)

    def watch_shared_cache(self, is_up: Callable[[], bool]) -> None:
        self._shared_cache_up.of().set_function(is_up)
