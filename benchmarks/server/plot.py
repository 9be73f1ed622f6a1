"""The figures as a picture: latency, throughput, and what overload does."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks.server.over_http import CLIENTS
from benchmarks.server.overload import FACTORS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TOKENS: Final = (16, 32, 128)
WHO: Final = {
    "baseline": ("Flask + transformers, fp32", "#b0413e"),
    "engine": ("our engine alone", "#8a8f98"),
    "ours": ("bert-server", "#2f6f9f"),
}
BAR_WIDTH: Final = 0.26


def draw(figures: Mapping[str, float], file: Path) -> None:
    """Writes a PNG of 1500 x 450 pixels; leaves out what was not measured."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    figure, (latency, throughput, overload) = pyplot.subplots(1, 3, figsize=(15, 4.5), layout="constrained")
    _draw_latency(figures, latency)
    _draw_throughput(figures, throughput)
    _draw_overload(figures, overload)
    figure.savefig(file, dpi=100)
    pyplot.close(figure)


def _draw_latency(figures: Mapping[str, float], axes: "Axes") -> None:
    for place, (who, (label, colour)) in enumerate(WHO.items()):
        values = [figures.get(f"latency_ms.tokens_{tokens}.{who}", 0) for tokens in TOKENS]
        drawn = axes.bar(
            [index + BAR_WIDTH * (place - 1) for index in range(3)], values, BAR_WIDTH, label=label, color=colour
        )
        axes.bar_label(drawn, fmt="%.3g", padding=2)
    axes.set_xticks(range(3), [f"{tokens} tokens" for tokens in TOKENS])
    axes.margins(y=0.1)
    axes.set(title="Single client: median latency", ylabel="ms")
    axes.legend(frameon=False)


def _draw_throughput(figures: Mapping[str, float], axes: "Axes") -> None:
    bars = {label: (figures.get(f"throughput_rps.{who}"), colour) for who, (label, colour) in WHO.items()}
    for name in sorted(key for key in figures if key.startswith("peer.")):
        bars[f"{name.split('.')[1]}, embeddings"] = (figures[name], "#c98a2b")
    bars["bert-server, embeddings"] = (figures.get("ours.embeddings_rps"), "#2f6f9f")
    shown = {label: (value, colour) for label, (value, colour) in bars.items() if value is not None}
    drawn = axes.barh(
        list(shown), [value for value, _ in shown.values()], color=[colour for _, colour in shown.values()]
    )
    axes.bar_label(drawn, fmt="%.3g", padding=3)
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set(title=f"{CLIENTS} clients, 8 to 128 tokens", xlabel="answers per second")


def _draw_overload(figures: Mapping[str, float], axes: "Axes") -> None:
    measured = {name: factor for name, factor in FACTORS.items() if f"overload_{name}.goodput_ratio" in figures}
    if not measured:
        axes.set_axis_off()
        return
    factors = list(measured.values())
    for figure, label, colour in (
        ("admitted_p99_ms", "admitted", "#2f6f9f"),
        ("health_p99_ms", "health probes", "#4d9356"),
        ("refusal_p99_ms", "refused", "#b0413e"),
    ):
        values = [figures.get(f"overload_{name}.{figure}", float("nan")) for name in measured]
        axes.plot(factors, values, marker="o", label=f"p99, {label}", color=colour)
    axes.set(title="Overload", xlabel="offered load / capacity", ylabel="ms", xscale="log", yscale="log")
    axes.set_xticks(factors, [f"{factor:g}" for factor in factors], minor=False)
    axes.minorticks_off()
    axes.legend(frameon=False, loc="lower right")
    share = axes.twinx()
    share.plot(
        factors, [figures[f"overload_{name}.goodput_ratio"] for name in measured], "k--", label="goodput / capacity"
    )
    share.set(ylim=(0, 1.2), ylabel="goodput / capacity")
    share.legend(frameon=False, loc="upper left")
