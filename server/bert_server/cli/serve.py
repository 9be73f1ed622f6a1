"""`bert-server serve`."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from bert_server.cli.settings_options import with_settings_as_options
from bert_server.errors import SettingsError
from bert_server.identity import Identity
from bert_server.settings import ENV_PREFIX, Settings
from bert_server.settings_sources import load_settings

SECRETS = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}


def register(app: typer.Typer) -> None:
    app.command()(serve)


@with_settings_as_options
def serve(
    config: Annotated[
        Path | None,
        typer.Option("--config", envvar=f"{ENV_PREFIX}CONFIG", help="YAML or JSON file with settings by name."),
    ] = None,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Print the settings in force, as a config file, and end.")
    ] = False,
    **flags: Any,
) -> None:
    """Serve one bundle or several over HTTP."""
    settings = load_settings({name: value for name, value in flags.items() if value is not None}, config)
    if print_config:
        typer.echo(_as_config_file(settings), nl=False)
        return
    sys.exit(_run(settings))


def _run(settings: Settings) -> int:
    """The imports are in the order in which they are needed: loading goes on while the last ones are made."""
    from bert_server.loading_thread import Loading
    from bert_server.telemetry.logs import configure_logging

    configure_logging(settings.log_level, lambda: Identity(settings.version, settings.release))
    loading = Loading(settings)

    from bert_server.serve import run

    try:
        return run(settings, loading)
    except SettingsError:
        # The interpreter cannot end a thread that is inside the inference library: it would abort.
        loading.stop()
        raise


def _as_config_file(settings: Settings) -> str:
    """YAML without secrets, which belong into variables."""
    values = settings.model_dump(mode="json", exclude=SECRETS)
    hidden = [f"# {name} is set, and not shown\n" for name in sorted(SECRETS) if getattr(settings, name) is not None]
    return yaml.safe_dump(values, allow_unicode=True, sort_keys=False) + "".join(hidden)
