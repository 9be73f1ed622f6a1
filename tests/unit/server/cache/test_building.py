from collections.abc import Mapping
from pathlib import Path
from traceback import format_exception
from types import SimpleNamespace
from typing import Any

import pytest

from bert_server.cache.building import build_cache
from bert_server.cache.caching import CachedInference
from bert_server.errors import SettingsError
from bert_server.settings import Settings
from bert_server.telemetry.metrics import Metrics
from tests.unit.server.cache.jobs import DEADLINE, FakeInference, fill_mask

ENGINE = {"name": "openvino", "library_version": "2026.4", "device": "cpu", "precision": "int8", "threads": 2}


def built(metrics: Metrics, engine: Mapping[str, Any], **settings: Any) -> CachedInference:
    manifest = SimpleNamespace(name="toy", fingerprint="sha256:a", vocabulary_size=100, hidden_size=3)
    models: Any = SimpleNamespace(all=[SimpleNamespace(manifest=manifest, engine=engine)])
    inference = FakeInference()
    inference.gate.set()
    return build_cache(Settings(bundle=(Path("bundle"),), **settings), models, inference, metrics)


async def test_the_memory_is_as_large_as_the_settings_say_and_its_use_is_told() -> None:
    metrics = Metrics("v1")
    cache = built(metrics, ENGINE, cache_mib=0.5)
    assert cache.memory.capacity_bytes == 2**19
    await cache.compute([fill_mask(1)], DEADLINE)
    assert metrics.registry.get_sample_value("bert_cache_bytes", {"version": "v1"}) == cache.memory.used_bytes > 0
    assert metrics.registry.get_sample_value("bert_shared_cache_up", {"version": "v1"}) is None


async def test_a_shared_cache_is_used_only_when_there_is_an_address() -> None:
    metrics = Metrics("v1")
    cache = built(metrics, ENGINE, redis_url="redis://127.0.0.1:1/0")
    assert cache.shared is not None
    assert metrics.registry.get_sample_value("bert_shared_cache_up", {"version": "v1"}) == 0  # nobody listens
    await cache.close()
    assert built(Metrics("v1"), ENGINE).shared is None


async def test_a_wrong_address_is_refused() -> None:
    with pytest.raises(SettingsError, match="redis_url"):
        built(Metrics("v1"), ENGINE, redis_url="localhost:6379")


@pytest.mark.parametrize("password", ["geheim？1", "geheim／1", "geheim[1", "geheim/1", "geheim:1?", "a@[geheim]"])
async def test_the_refusal_of_an_address_does_not_tell_its_password(password: str) -> None:
    with pytest.raises(SettingsError, match="redis_url") as caught:
        built(Metrics("v1"), ENGINE, redis_url=f"redis://:{password}@cache:6379/0")
    told = "".join(format_exception(caught.value))
    assert "geheim" not in told


async def keys_of(engine: Mapping[str, Any]) -> list[bytes]:
    cache = built(Metrics("v1"), engine)
    await cache.compute([fill_mask(1)], DEADLINE)
    return list(cache.memory._values)


@pytest.mark.parametrize(
    ("change", "is_the_same"),
    [({"threads": 1}, True), ({"precision": "bf16"}, False), ({"device": "cuda"}, False), ({"name": "torch"}, False)],
)
async def test_results_are_shared_between_processes_that_compute_alike(
    change: Mapping[str, Any], is_the_same: bool
) -> None:
    assert (await keys_of(ENGINE) == await keys_of({**ENGINE, **change})) == is_the_same
