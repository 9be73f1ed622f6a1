"""Every setting of the server: a flag, a BERT_SERVER_* variable, and a field of the config file."""

import json
from collections.abc import Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bert_server.errors import SettingsError

ENV_PREFIX = "BERT_SERVER_"
# What the config file says while `load_settings` runs: pydantic-settings asks the class for its sources.
_FILE_VALUES: ContextVar[dict[str, Any]] = ContextVar("_FILE_VALUES", default={})  # noqa: B039  never changed

Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseSettings):
    """Flags win over variables, variables over the config file, the file over the defaults."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="forbid", frozen=True, env_ignore_empty=True)

    bundle: Path = Field(default=Path("/bundle"), description="Directory of the model bundle.")
    expected_fingerprint: str | None = Field(
        default=None,
        pattern=r"^sha256:[0-9a-f]{64}$",
        description="Fingerprint that the bundle must have; with another one the server never becomes ready.",
    )
    host: str = Field(default="0.0.0.0", description="Address to listen on.")  # noqa: S104  it serves a network
    port: Port = Field(default=8080, description="Port of the API and the probes; 0 takes a free one.")
    metrics_port: Port = Field(default=9090, description="Port of the Prometheus metrics; 0 takes a free one.")
    version: str = Field(default="v0.0.0", min_length=1, description="Version to report; the operator sets it.")
    release: str = Field(default="", description="Name of the release to report; the operator sets it.")
    threads: int | None = Field(
        default=None, ge=1, le=256, description="Inference threads; by default what CPU affinity and quota allow."
    )
    queue_size: int = Field(
        default=64, ge=1, le=10_000, description="Requests that may wait; one more is answered 429 with Retry-After."
    )
    max_body_bytes: int = Field(
        default=1024 * 1024, ge=1024, le=64 * 1024 * 1024, description="Longest request body; a longer one gets 413."
    )
    drain_seconds: float = Field(
        default=5,
        ge=0,
        le=300,
        description="How long requests are still accepted after SIGTERM, while proxies learn that the server goes.",
    )
    shutdown_seconds: float = Field(
        default=30, ge=1, le=3600, description="How long requests in flight may then take before they are cut off."
    )
    keep_alive_seconds: int = Field(
        default=3700,
        ge=1,
        le=86_400,
        description="How long an idle connection is kept; longer than the hour that Envoy keeps its own, so that the "
        "proxy closes first and no request meets a closing connection.",
    )
    stall_seconds: float = Field(
        default=10,
        ge=1,
        le=3600,
        description="An inference that takes longer makes the server unready; three times as long, unhealthy.",
    )
    load_failure_exit_seconds: float = Field(
        default=0,
        ge=0,
        le=86_400,
        description="Exit with status 1 this long after the model failed to load; 0 stays up and tells why.",
    )
    cache_dir: Path | None = Field(
        default=None, description="Directory for compiled models, so that the next start is faster."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least important messages to log; debug logs every request."
    )
    middleware: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="ASGI middleware to put around the API, as module:attribute, separated by commas, the outermost "
        "first. It lies within the server's own metrics, and not around the metrics port.",
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        del dotenv_settings, file_secret_settings
        return init_settings, env_settings, InitSettingsSource(settings_cls, _FILE_VALUES.get())

    @field_validator("middleware", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("middleware")
    @classmethod
    def _are_references(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for reference in value:
            module, _, attribute = reference.partition(":")
            if not module or not attribute:
                raise ValueError(f"{reference!r} is not of the form module:attribute")
        return value

    @field_validator("port", "metrics_port", mode="before")
    @classmethod
    def _is_no_service_link(cls, value: object) -> object:
        if isinstance(value, str) and value.startswith("tcp://"):
            raise ValueError(
                "this is Kubernetes's link to a Service called bert-server, not a setting; "
                "set enableServiceLinks: false in the pod"
            )
        return value


def load_settings(flags: Mapping[str, Any], config_file: Path | None = None) -> Settings:
    """Settings from flags (only those that were given), environment and file.

    Raises SettingsError with one line for each setting that is unknown or does not fit.
    """
    file_values = _read_config(config_file) if config_file else {}

    token = _FILE_VALUES.set(file_values)
    try:
        return Settings(**flags)
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(item) for item in error.errors())) from error
    finally:
        _FILE_VALUES.reset(token)


def _sentence(item: Any) -> str:
    field = str(item["loc"][0])
    if item["type"] == "extra_forbidden":
        return f"{field}: there is no such setting; the settings are: {', '.join(sorted(Settings.model_fields))}"
    flag = field.replace("_", "-")
    return f"{field}: {item['msg']}, got {item['input']!r} (--{flag}, {ENV_PREFIX}{field.upper()} or the config file)"


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
