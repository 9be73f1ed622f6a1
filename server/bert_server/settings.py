"""Every setting of the server: a flag, a BERT_SERVER_* variable, and a field of the config file."""

from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

ENV_PREFIX = "BERT_SERVER_"
# What the config file says while `load_settings` runs: pydantic-settings asks the class for its sources.
FILE_VALUES: ContextVar[dict[str, Any]] = ContextVar("FILE_VALUES", default={})  # noqa: B039  never changed

Port = Annotated[int, Field(ge=0, le=65535)]


class Settings(BaseSettings):
    """Flags win over variables, variables over the config file, the file over the defaults."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, extra="forbid", frozen=True, env_ignore_empty=True)

    bundle: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(Path("/bundle"),),
        min_length=1,
        description="Directory of the model bundle, or several separated by commas; of those that can do a task, the "
        "first one does it.",
    )
    expected_fingerprint: str | None = Field(
        default=None,
        pattern=r"^sha256:[0-9a-f]{64}$",
        description="Fingerprint that the bundle (or all of them together) must have; with another one the server "
        "never becomes ready.",
    )
    host: str = Field(default="0.0.0.0", description="Address to listen on.")  # noqa: S104  it serves a network
    port: Port = Field(default=8080, description="Port of the API and the probes; 0 takes a free one.")
    metrics_port: Port = Field(default=9090, description="Port of the Prometheus metrics; 0 takes a free one.")
    version: str = Field(
        default="v0.0.0",
        pattern=r"^[!-~]([ -~]*[!-~])?$",  # what may stand in a header
        description="Version to report, in printable ASCII; the operator sets it.",
    )
    release: str = Field(default="", description="Name of the release to report; the operator sets it.")
    engine: Literal["auto", "openvino", "torch"] = Field(
        default="auto",
        description="What computes encoders: auto takes torch where there is a GPU (and the bundle holds the "
        "checkpoint), else OpenVINO, and falls back from an engine that fails on this machine.",
    )
    precision: Literal["auto", "int8", "bf16", "fp32"] = Field(
        default="auto", description="Precision to compute with; auto takes the fastest that the bundle holds."
    )
    threads: int | None = Field(
        default=None,
        ge=1,
        le=256,
        description="Inference threads; by default the fastest number that CPU affinity and quota allow.",
    )
    queue_size: int = Field(
        default=1024,
        ge=1,
        le=10_000,
        description="Sequences that may wait for the engine; a request beyond that is answered 429 with Retry-After.",
    )
    deadline_seconds: float = Field(
        default=2,
        gt=0,
        le=600,
        description="How long a request may take unless it says so itself (x-request-deadline-ms, or Envoy's "
        "x-envoy-expected-rq-timeout-ms); one that by prediction takes longer is refused at once.",
    )
    translate_deadline_seconds: float = Field(
        default=20, gt=0, le=600, description="The same for translations, which take longer."
    )
    max_batch_tokens: int = Field(
        default=256,
        ge=8,
        le=65_536,
        description="Tokens that are computed together at most; more than 256 make answers wait without being faster.",
    )
    max_texts: int = Field(default=256, ge=1, le=10_000, description="Most texts in one request; more get 422.")
    max_body_bytes: int = Field(
        default=1024 * 1024, ge=1024, le=64 * 1024 * 1024, description="Longest request body; a longer one gets 413."
    )
    max_connections: int = Field(
        default=4096, ge=1, le=1_000_000, description="Most open connections; one more is closed at once."
    )
    receive_seconds: float = Field(
        default=10,
        gt=0,
        le=600,
        description="How long a client may take to send a request, from its first byte to its last.",
    )
    send_seconds: float = Field(
        default=60,
        gt=0,
        le=3600,
        description="How long a client may leave an answer that is ready for it unread.",
    )
    api_keys_file: Path | None = Field(
        default=None,
        description="File with an API key a line; then every model endpoint asks for one (Authorization: Bearer, or "
        "x-api-key). Read again when it changes.",
    )
    gzip: bool = Field(default=False, description="Compress answers for clients that accept it; costs CPU.")
    cache_mib: float = Field(
        default=64, ge=0, le=65_536, description="Memory for results that were computed before; 0 keeps none."
    )
    redis_url: SecretStr | None = Field(
        default=None,
        description="Redis that shares results between processes, as redis://[:password@]host:port/database.",
    )
    redis_ttl_seconds: int = Field(default=86_400, ge=1, le=31_536_000, description="How long Redis keeps a result.")
    otlp_endpoint: str | None = Field(
        default=None,
        pattern=r"^https?://",
        description="Where OpenTelemetry traces go, as http://host:4318; none are made without it.",
    )
    trace_share: float = Field(
        default=0.01,
        ge=0,
        le=1,
        description="Share of requests to trace of those that arrive without a decision of their own (traceparent).",
    )
    kept_predictions: int = Field(
        default=4096,
        ge=0,
        le=8192,  # so that the operator, which reads 1 MiB at most, can read them all at once
        description="How many recent answers are kept as digests for GET /predictions on the metrics port, by which "
        "the operator compares versions; 0 keeps none.",
    )
    log_texts: bool = Field(default=False, description="Write input texts into the debug log.")
    web_page: bool = Field(default=True, description="Serve the web page at / and the API's page at /docs.")
    golden_interval_seconds: float = Field(
        default=60,
        ge=0,
        le=86_400,
        description="How often the golden prompts are asked again while there is nothing else to do; 0 never.",
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
        default=None,
        description="Directory for compiled models and measured choices, so that the next start is faster.",
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
        return init_settings, env_settings, InitSettingsSource(settings_cls, FILE_VALUES.get())

    @field_validator("middleware", "bundle", mode="before")
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
