"""Reading settings from flags, the environment and the config file, with refusals that name the setting."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from bert_server.errors import SettingsError
from bert_server.settings import ENV_PREFIX, FILE_VALUES, Settings

# What Kubernetes sets in pods for each Service of their namespace: it may be called bert-server, or bert-server-canary.
_SERVICE_LINK = re.compile(r"_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$")


def load_settings(flags: Mapping[str, Any], config_file: Path | None = None) -> Settings:
    """Settings from flags (only those that were given), environment and file.

    Raises SettingsError with one line for each setting that is unknown or does not fit.
    """
    file_values = _read_config(config_file) if config_file else {}
    problems = [_no_such_setting(variable) for variable in _unknown_variables(os.environ)]

    token = FILE_VALUES.set(file_values)
    try:
        settings = Settings(**flags)
    except ValidationError as error:
        raise SettingsError("\n".join([*problems, *map(_sentence, error.errors())])) from error
    finally:
        FILE_VALUES.reset(token)
    if problems:
        raise SettingsError("\n".join(problems))
    return settings


def _unknown_variables(environment: Mapping[str, str]) -> list[str]:
    known = {f"{ENV_PREFIX}{name.upper()}" for name in (*Settings.model_fields, "config")}
    names = sorted(name for name, value in environment.items() if value and name.upper().startswith(ENV_PREFIX))
    return [name for name in names if name.upper() not in known and not _SERVICE_LINK.search(name)]


def _sentence(item: Any) -> str:
    field = str(item["loc"][0])
    if item["type"] == "extra_forbidden":
        return _no_such_setting(field)
    flag = field.replace("_", "-")
    return f"{field}: {item['msg']}, got {item['input']!r} (--{flag}, {ENV_PREFIX}{field.upper()} or the config file)"


def _no_such_setting(name: str) -> str:
    return f"{name}: there is no such setting; the settings are: {', '.join(sorted(Settings.model_fields))}"


def _read_config(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
        values = json.loads(text) if file.suffix == ".json" else yaml.safe_load(text)
    except OSError as error:
        raise SettingsError(f"config: cannot read {file}: {error.strerror}") from error
    except (UnicodeDecodeError, json.JSONDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"config: {file} is not valid {file.suffix.lstrip('.') or 'YAML'}: {error}") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise SettingsError(f"config: {file} must hold settings by name, like `queue_size: 64`")
    return {str(key): value for key, value in values.items()}
