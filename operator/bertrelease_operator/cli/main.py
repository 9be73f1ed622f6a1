"""Entry point of the plugin: `kubectl bert` finds the program `kubectl-bert`."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Final

import typer

from bertrelease_operator.cli.commands.approve import approve
from bertrelease_operator.cli.commands.diff import diff
from bertrelease_operator.cli.commands.explain import explain
from bertrelease_operator.cli.commands.history import history
from bertrelease_operator.cli.commands.orders import abort, promote, retry
from bertrelease_operator.cli.commands.pausing import pause, resume
from bertrelease_operator.cli.commands.pipeline import pipeline
from bertrelease_operator.cli.commands.replay import replay
from bertrelease_operator.cli.commands.status import status
from bertrelease_operator.cli.environment import Environment, real_environment
from bertrelease_operator.cli.errors import CliError, ExitCode

_TRACEBACK_VARIABLE: Final = "KUBECTL_BERT_TRACEBACK"

app = typer.Typer(
    name="kubectl bert",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
for command in (status, history, pipeline, explain, diff, replay, approve, promote, abort, retry, pause, resume):
    app.command()(command)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version as distribution_version

        typer.echo(f"kubectl-bert {distribution_version('bertrelease')}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Releases of BERT model services: what serves, what is judged, what was taken back."""


def run(arguments: Sequence[str], environment: Environment) -> int:
    """The exit code; whatever goes wrong has been said in a sentence on standard error."""
    try:
        typer.main.get_command(app)(args=list(arguments), prog_name="kubectl bert", obj=environment)
    except SystemExit as end:  # how the command line library ends, also when all went well
        return end.code if isinstance(end.code, int) else ExitCode.FAILED
    except CliError as error:
        return _failed(str(error), error.exit_code)
    except Exception as error:  # a person at a terminal gets a sentence, whatever happens
        if os.environ.get(_TRACEBACK_VARIABLE):
            raise
        said = f"unexpected {type(error).__name__}: {error}. This is a fault of the plugin; "
        return _failed(said + f"run it with {_TRACEBACK_VARIABLE}=1 to see where.", ExitCode.FAILED)
    return ExitCode.OK


def _failed(message: str, code: ExitCode) -> int:
    print(f"error: {message}", file=sys.stderr)  # noqa: T201 - the command line's voice
    return code


def main() -> None:
    """The console script."""
    sys.exit(run(sys.argv[1:], real_environment()))
