"""`bert-server package`, `inspect` and `check`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bert_server.bundle.manifest import EncoderManifest, Manifest, Precision
from bert_server.bundle.reading import read_manifest
from bert_server.errors import BertServerError
from bert_server.packaging.order import DEFAULT_MIN_AGREEMENT, DEFAULT_PRECISIONS, Order
from bert_server.settings import Settings

BundleArgument = Annotated[Path, typer.Argument(metavar="BUNDLE", help="Directory of the bundle.")]


def register(app: typer.Typer) -> None:
    for command in (package, inspect, check):
        app.command()(command)


def package(
    source: Annotated[str, typer.Argument(help="Directory of a transformers checkpoint, or its name on the hub.")],
    *,
    out: Annotated[Path, typer.Option(help="Directory to write the bundle to.")],
    texts: Annotated[
        Path,
        typer.Option(
            help="What to calibrate and compare on, UTF-8: for a BERT a text a line, with or without masks; for a "
            "translator a text, a tab and its translation a line."
        ),
    ],
    precision: Annotated[
        list[Precision] | None,
        typer.Option(
            help="How to store the weights and compute; may be given several times, the preferred one first.  "
            "\\[default: int8, bf16]"
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the model.  \\[default: the checkpoint's]")] = None,
    revision: Annotated[str | None, typer.Option(help="Revision of a checkpoint on the hub.")] = None,
    min_agreement: Annotated[
        float, typer.Option(min=0, max=1, help="Share of masks whose best token must be the fp32 reference's.")
    ] = DEFAULT_MIN_AGREEMENT,
    with_checkpoint: Annotated[
        bool, typer.Option("--with-checkpoint", help="Keep the checkpoint's weights too, for the torch engine.")
    ] = False,
) -> None:
    """Make a bundle from a checkpoint; refuses one that answers differently from it."""
    try:
        from bert_server.packaging.package import package as make
    except ImportError as error:
        raise BertServerError(f"{error}; packaging needs more: install bertrelease[package]") from error

    order = Order(
        source=source,
        out=out,
        texts=texts,
        precisions=tuple(precision or DEFAULT_PRECISIONS),
        name=name or Path(source).name,
        revision=revision,
        min_agreement=min_agreement,
        with_checkpoint=with_checkpoint,
    )
    manifest = make(order, on_note=lambda note: typer.echo(note, err=True))
    table = _manifest_table(manifest)
    size_bytes = sum(file.stat().st_size for file in out.iterdir())
    table.add_row("size", f"{size_bytes / 1e6:.1f} MB")
    Console().print(table)


def inspect(bundle: BundleArgument, as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Show what a bundle says of itself, unverified."""
    manifest = read_manifest(bundle)
    if as_json:
        typer.echo(json.dumps(manifest.model_dump(mode="json"), ensure_ascii=False, indent=2))
    else:
        Console().print(_manifest_table(manifest))


def check(bundle: BundleArgument) -> None:
    """Verify every byte of a bundle, load it, and ask its golden prompts."""
    from bert_server.loading import load

    models = load(Settings(bundle=(bundle,)), on_step=lambda step: typer.echo(f"{step} …", err=True))
    typer.echo(f"good: {models.fingerprint}, all golden prompts answered as recorded")


def _manifest_table(manifest: Manifest) -> Table:
    table = Table(show_header=False, box=None)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("name", manifest.name)
    table.add_row("fingerprint", manifest.fingerprint)
    table.add_row("tasks", ", ".join(manifest.tasks))
    if isinstance(manifest, EncoderManifest):
        table.add_row("precisions", ", ".join(manifest.precisions))
        golden = len(manifest.golden) + len(manifest.golden_pairs)
    else:
        table.add_row("precision", manifest.precision)
        table.add_row("languages", f"{manifest.source_language} to {manifest.target_language}")
        golden = len(manifest.golden)
    table.add_row("longest input", f"{manifest.max_tokens} tokens")
    table.add_row("source", f"{manifest.source.reference} (weights {manifest.source.weights_sha256[:12]})")
    table.add_row("made with", ", ".join(f"{name} {version}" for name, version in manifest.made_with.items()))
    table.add_row("golden prompts", str(golden))
    for figure, value in manifest.quality.items():
        table.add_row(figure.replace("_", " "), f"{value:.4g}")
    return table
