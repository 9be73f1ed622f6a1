"""From what was measured to the figures of build/bench/server.json."""

from benchmarks.server.measurements import Measurements


def figures_of(measured: Measurements) -> dict[str, float]:
    """By name; the engine's throughput is that of its best batch size."""
    figures = measured.figures()
    rates = [value for name, value in figures.items() if name.startswith("engine.batch_")]
    return dict(sorted((figures | ({"throughput_rps.engine": max(rates)} if rates else {})).items()))
