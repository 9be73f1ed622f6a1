"""The command `bert-server`."""

import inspect
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from bert_server.bundle.manifest import Manifest, Precision
from bert_server.bundle.reading import read_manifest
from bert_server.errors import BertServerError
from bert_server.settings import ENV_PREFIX, Settings, load_settings

USAGE_ERROR = 2

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
BundleArgument = Annotated[Path, typer.Argument(metavar="BUNDLE", help="Directory of the bundle.")]


def main() -> None:
    """Run the command line; mistakes of the user end it with status 2 and a sentence."""
    try:
        app()
    except BertServerError as error:
        typer.echo(f"bert-server: {error}", err=True)
        sys.exit(USAGE_ERROR)


def _with_settings_as_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give the command an option for each field of Settings, so that no setting can lack its flag.

    Values stay text here: Settings checks them all alike, wherever they come from.
    """
    parameters = list(inspect.signature(command).parameters.values())[:-1]
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (None, "", ()) else f" [default: {field.default}]"
        option = typer.Option(
            f"--{name.replace('_', '-')}",
            help=f"{field.description} [env: {ENV_PREFIX}{name.upper()}]{default}".replace("[", "\\["),
            metavar="VALUE",
        )
        annotation = Annotated[str | None, option]
        parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation))
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


@app.command()
@_with_settings_as_options
def serve(
    config: Annotated[
        Path | None,
        typer.Option("--config", envvar=f"{ENV_PREFIX}CONFIG", help="YAML or JSON file with settings by name."),
    ] = None,
    **flags: Any,
) -> None:
    """Serve a bundle over HTTP."""
    from bert_server.serve import run

    given = {name: value for name, value in flags.items() if value is not None}
    sys.exit(run(load_settings(given, config)))


@app.command()
def package(
    source: Annotated[str, typer.Argument(help="Directory of a transformers checkpoint, or its name on the hub.")],
    *,
    out: Annotated[Path, typer.Option(help="Directory to write the bundle to.")],
    texts: Annotated[
        Path, typer.Option(help="Texts to calibrate and compare on: UTF-8, one a line, with or without masks.")
    ],
    precision: Annotated[Precision, typer.Option(help="How to store the weights and compute.")] = Precision.INT8,
    name: Annotated[str | None, typer.Option(help="Name of the model.  [default: the checkpoint's]")] = None,
    revision: Annotated[str | None, typer.Option(help="Revision of a checkpoint on the hub.")] = None,
    min_agreement: Annotated[
        float, typer.Option(min=0, max=1, help="Share of masks whose best token must be the fp32 reference's.")
    ] = 0.99,
) -> None:
    """Make a bundle from a checkpoint; refuses one that answers differently from it."""
    try:
        from bert_server.packaging.package import Order
        from bert_server.packaging.package import package as make
    except ImportError as error:
        raise BertServerError(f"{error}; packaging needs more: install bertrelease[package]") from error

    order = Order(
        source=source,
        out=out,
        texts=texts,
        precision=precision,
        name=name or Path(source).name,
        revision=revision,
        min_agreement=min_agreement,
    )
    report = make(order)
    table = _manifest_table(report.manifest)
    table.add_row("size", f"{report.size_bytes / 1e6:.1f} MB")
    table.add_row("latency", f"median {report.latency.median_ms:.2f} ms, p95 {report.latency.p95_ms:.2f} ms")
    agreed = report.agreement
    table.add_row("agreement", f"top-1 {agreed.top_1:.2%}, top-5 {agreed.top_5:.2%} of {agreed.masks} masks")
    Console().print(table)


@app.command("inspect")
def inspect_bundle(bundle: BundleArgument, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Show what a bundle says of itself, unverified."""
    manifest = read_manifest(bundle)
    if as_json:
        typer.echo(json.dumps(manifest.model_dump(mode="json"), ensure_ascii=False, indent=2))
    else:
        Console().print(_manifest_table(manifest))


@app.command()
def check(bundle: BundleArgument) -> None:
    """Verify every byte of a bundle, load it, and ask its golden prompts."""
    from bert_server.loading import load

    model = load(Settings(bundle=bundle), on_step=lambda step: typer.echo(f"{step} …", err=True))
    prompts = len(model.manifest.golden)
    typer.echo(f"good: {model.manifest.fingerprint}, {prompts} golden prompts answered as recorded")


def _manifest_table(manifest: Manifest) -> Table:
    table = Table(show_header=False, box=None)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("name", manifest.name)
    table.add_row("fingerprint", manifest.fingerprint)
    table.add_row("tasks", ", ".join(manifest.tasks))
    table.add_row("precision", manifest.precision)
    table.add_row("longest input", f"{manifest.max_tokens} tokens")
    table.add_row("source", f"{manifest.source.reference} (weights {manifest.source.weights_sha256[:12]})")
    table.add_row("made with", ", ".join(f"{name} {version}" for name, version in manifest.made_with.items()))
    table.add_row("golden prompts", str(len(manifest.golden)))
    return table
