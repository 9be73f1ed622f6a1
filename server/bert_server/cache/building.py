"""The cache as the settings ask for it."""

from collections.abc import Mapping
from typing import Any

from bert_server.cache.caching import CachedInference
from bert_server.cache.checking import ResultSizes
from bert_server.cache.keys import CacheKeys, ModelScope
from bert_server.cache.lru import LruCache
from bert_server.cache.redis_store import connect
from bert_server.inference.contract import Inference
from bert_server.models import Model, Models, TranslatorModel
from bert_server.settings import Settings
from bert_server.telemetry.metrics import Metrics

# Of what an engine says of itself, that on which the bits of its answers depend.
DECIDING = ("name", "library_version", "device", "precision", "execution_precision")


def build_cache(settings: Settings, models: Models, inference: Inference, metrics: Metrics) -> CachedInference:
    """In front of `inference`. Raises SettingsError if `redis_url` is no address of a Redis."""
    scopes = {
        model.manifest.name: ModelScope(model.manifest.fingerprint, _execution(model.engine)) for model in models.all
    }
    memory = LruCache(int(settings.cache_mib * 2**20))
    url = settings.redis_url
    redis = connect(url.get_secret_value(), settings.redis_ttl_seconds) if url is not None else None
    metrics.watch_cache(lambda: memory.used_bytes)
    if redis is not None:
        metrics.watch_shared_cache(lambda: redis.is_up)
    sizes = {model.manifest.name: _sizes(model) for model in models.all}
    return CachedInference(inference, CacheKeys(scopes), memory, metrics, redis, sizes=sizes)


def _sizes(model: Model) -> ResultSizes:
    if isinstance(model, TranslatorModel):
        return ResultSizes(model.tokenizer.vocabulary_size, 0)
    return ResultSizes(model.manifest.vocabulary_size, model.manifest.hidden_size)


def _execution(engine: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={engine[name]}" for name in DECIDING if name in engine)
