"""The command line as a whole."""

import sys
from importlib import import_module
from typing import Final

import typer

from bert_server.errors import BertServerError

USAGE_ERROR = 2
# What each command needs is imported only when it is asked for: a server should start fast.
_MODULES: Final = {"serve": "serve", "package": "bundles", "inspect": "bundles", "check": "bundles", "bench": "bench"}


def command_line(asked: str | None = None) -> typer.Typer:
    """All commands, or, if `asked` is one, those of its module."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        help="Serve BERT-like models fast, and make the bundles that are served.",
    )
    app.callback()(_no_options_of_its_own)
    for module in [_MODULES[asked]] if asked in _MODULES else dict.fromkeys(_MODULES.values()):
        import_module(f"bert_server.cli.{module}").register(app)
    return app


def main() -> None:
    """Run the command line; mistakes of the user end it with status 2 and a sentence."""
    try:
        command_line(sys.argv[1] if len(sys.argv) > 1 else None)()
    except BertServerError as error:
        typer.echo(f"bert-server: {error}", err=True)
        sys.exit(USAGE_ERROR)


def _no_options_of_its_own() -> None:
    """Makes the first word a command even where only one is registered."""
