"""Figures that are read when somebody asks for them: of the process, and of the GPU where there is one."""

import sys
import time
from collections.abc import Iterator
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from bert_server.telemetry import process


class ProcessCollector(Collector):
    """Like prometheus_client's own, but with the version as a label."""

    def __init__(self, version: str) -> None:
        self._version = version
        self._start_seconds = time.time() - process.age_seconds()

    def collect(self) -> Iterator[Metric]:
        cpu = CounterMetricFamily("process_cpu_seconds", "User and system CPU time.", labels=["version"])
        cpu.add_metric([self._version], process.cpu_seconds())
        yield cpu
        yield self._gauge("process_resident_memory_bytes", "Resident memory.", process.resident_bytes())
        yield self._gauge("process_start_time_seconds", "Unix time at which the process began.", self._start_seconds)

    def _gauge(self, name: str, text: str, value: float) -> Metric:
        family = GaugeMetricFamily(name, text, labels=["version"])
        family.add_metric([self._version], value)
        return family


class GpuCollector(Collector):
    """Of the GPUs that torch uses in this process; nothing where torch has not been loaded or has no GPU."""

    def __init__(self, version: str) -> None:
        self._version = version

    def collect(self) -> Iterator[Metric]:
        cuda = _initialized_cuda()
        if cuda is None:
            return
        used = self._family("bert_gpu_memory_used_bytes", "Memory in use on the device, by all processes.")
        total = self._family("bert_gpu_memory_total_bytes", "Memory of the device.")
        busy = self._family("bert_gpu_utilization_ratio", "Share of the last sampling period in which it computed.")
        for device in range(cuda.device_count()):
            labels = [str(device), self._version]
            free_bytes, total_bytes = cuda.mem_get_info(device)
            used.add_metric(labels, total_bytes - free_bytes)
            total.add_metric(labels, total_bytes)
            try:
                busy.add_metric(labels, cuda.utilization(device) / 100)
            except (ImportError, RuntimeError):  # it needs NVIDIA's management library for Python
                continue
        yield from (family for family in (used, total, busy) if family.samples)

    def _family(self, name: str, text: str) -> GaugeMetricFamily:
        return GaugeMetricFamily(name, text, labels=["device", "version"])


def _initialized_cuda() -> Any:
    """`torch.cuda` if this process computes with it: asking must neither import torch nor wake a GPU."""
    torch: Any = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_initialized() else None
