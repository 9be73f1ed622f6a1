"""Options of a command for every setting, made from the settings themselves."""

import inspect
from collections.abc import Callable
from typing import Annotated

import typer
from pydantic.fields import FieldInfo

from bert_server.settings import ENV_PREFIX, Settings


def with_settings_as_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give the command an option for each field of Settings, so that no setting can lack its flag.

    The command's last parameter must be `**flags`. Values stay text here: Settings checks them all alike, wherever
    they come from.
    """
    parameters = list(inspect.signature(command).parameters.values())[:-1]
    for name, field in Settings.model_fields.items():
        option = typer.Option(f"--{name.replace('_', '-')}", help=_help(name, field), metavar="VALUE")
        annotation = Annotated[str | None, option]
        parameters.append(inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation))
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def _help(name: str, field: FieldInfo) -> str:
    default = ",".join(str(item) for item in field.default) if isinstance(field.default, tuple) else field.default
    shown = "" if default in (None, "") else f" [default: {default}]"
    return f"{field.description} [env: {ENV_PREFIX}{name.upper()}]{shown}".replace("[", "\\[")
