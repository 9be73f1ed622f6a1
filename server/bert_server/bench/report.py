"""The result of a bench as a table for people and as figures for programs."""

from rich.table import Table

from bert_server.bench.recording import is_failure, is_lost, is_refusal, percentile
from bert_server.bench.run import BenchReport

PERCENTILES = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99, "max": 1.0}


def figures(report: BenchReport) -> dict[str, float]:
    """Latencies only where there was such an answer."""
    recording = report.recording
    answered, refused = recording.latencies_ms(), recording.latencies_ms(is_refusal)
    return {
        "answers_per_second": recording.answers_per_second(),
        "answered": len(answered),
        "refused": len(refused),
        "failed": recording.count(is_failure),
        "lost": recording.count(is_lost),
        **{f"latency_ms.{name}": percentile(answered, share) for name, share in PERCENTILES.items() if answered},
        **{f"refusal_ms.{name}": percentile(refused, share) for name, share in PERCENTILES.items() if refused},
        "generator_cores": report.generator_cores,
    }


def table(report: BenchReport) -> Table:
    """`figures`, under a title that says what was asked."""
    options = report.options
    load = (
        f"{options.clients} clients" if options.rate_per_second is None else f"{options.rate_per_second:g} requests/s"
    )
    lengths = f"{options.lengths.shortest} to {options.lengths.longest} tokens"
    shown = Table("figure", "value", title=f"{options.workload}, {load}, {lengths}, {options.seconds:g} s")
    shown.columns[1].justify = "right"
    for name, value in figures(report).items():
        shown.add_row(name, f"{value:,}" if isinstance(value, int) else f"{value:,.2f}")
    return shown
