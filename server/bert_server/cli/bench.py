"""`bert-server bench`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bert_server.bench.report import figures, table
from bert_server.bench.run import BenchOptions, run_bench
from bert_server.bench.texts import Lengths
from bert_server.bench.workload import Workload
from bert_server.errors import SettingsError
from bert_server.key_file import API_KEY_HEADER, require_keys

DEFAULT = BenchOptions(url="")


def register(app: typer.Typer) -> None:
    app.command()(bench)


def bench(
    url: Annotated[str, typer.Argument(help="Address of a running server, like http://localhost:8080.")],
    *,
    workload: Annotated[Workload, typer.Option(help="What to ask for.")] = DEFAULT.workload,
    model: Annotated[str, typer.Option(help="Model to ask, for embeddings.")] = DEFAULT.model,
    clients: Annotated[int, typer.Option(min=1, help="Clients that each wait for their answer.")] = DEFAULT.clients,
    rate: Annotated[
        float | None, typer.Option(help="Requests a second to send whatever comes back, instead of --clients.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long to measure.")] = DEFAULT.seconds,
    warm_up_seconds: Annotated[float, typer.Option(help="How long to send before that.")] = DEFAULT.warm_up_seconds,
    shortest: Annotated[int, typer.Option(help="Tokens of the shortest texts.")] = DEFAULT.lengths.shortest,
    longest: Annotated[int, typer.Option(help="Tokens of the longest texts.")] = DEFAULT.lengths.longest,
    header: Annotated[
        list[str] | None, typer.Option(help="Header for each request, as `name: value`; may be given several times.")
    ] = None,
    api_keys_file: Annotated[
        Path | None,
        typer.Option(help="File with API keys as the server has it; the first of them goes with each request."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
    report_file: Annotated[
        Path | None, typer.Option("--report", help="Write the figures as JSON to this file, too.", dir_okay=False)
    ] = None,
) -> None:
    """Load a running server and tell its latencies and throughput."""
    options = BenchOptions(
        url=url,
        workload=workload,
        model=model,
        clients=clients,
        rate_per_second=rate,
        seconds=seconds,
        warm_up_seconds=warm_up_seconds,
        lengths=Lengths(shortest, longest),
        headers={**_key_header(api_keys_file), **dict(_header(line) for line in header or ())},
    )
    report = run_bench(options)
    if report_file is not None:
        report_file.write_text(json.dumps(figures(report)), encoding="utf-8")
    if as_json:
        typer.echo(json.dumps(figures(report), indent=2))
    else:
        Console().print(table(report))


def _key_header(file: Path | None) -> dict[str, str]:
    if file is None:
        return {}
    return {API_KEY_HEADER: require_keys(file)[0].decode("latin-1")}


def _header(line: str) -> tuple[str, str]:
    name, separator, value = line.partition(":")
    if not separator or not name.strip():
        raise SettingsError(f"header: {line!r} is not of the form `name: value`")
    return name.strip(), value.strip()
