"""The command line as a whole."""

import sys

import typer

from bert_server.cli import bench, bundles, serve
from bert_server.errors import BertServerError

USAGE_ERROR = 2

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Serve BERT-like models fast, and make the bundles that are served.",
)
serve.register(app)
bundles.register(app)
bench.register(app)


def main() -> None:
    """Run the command line; mistakes of the user end it with status 2 and a sentence."""
    try:
        app()
    except BertServerError as error:
        typer.echo(f"bert-server: {error}", err=True)
        sys.exit(USAGE_ERROR)
