from pathlib import Path

import pytest

from bert_server.errors import SettingsError
from bert_server.settings import Settings
from bert_server.settings_sources import load_settings


def test_flags_win_over_variables_over_the_file_over_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("queue_size: 1\nmax_body_bytes: 2048\nport: 1\n")
    monkeypatch.setenv("BERT_SERVER_QUEUE_SIZE", "2")
    monkeypatch.setenv("BERT_SERVER_PORT", "2")
    settings = load_settings({"port": "3"}, file)
    assert (settings.port, settings.queue_size, settings.max_body_bytes) == (3, 2, 2048)
    assert settings.metrics_port == Settings.model_fields["metrics_port"].default


@pytest.mark.parametrize(
    ("name", "text"), [("c.json", '{"threads": 3}'), ("c.yaml", 'threads: "3"'), ("c.yml", "threads: 3")]
)
def test_the_file_may_be_json_or_yaml_and_numbers_may_be_text(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text)
    assert load_settings({}, file).threads == 3


def test_an_empty_file_sets_nothing(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("# nothing yet\n")
    assert load_settings({}, file) == load_settings({})


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("colour: red\n", "colour: there is no such setting; the settings are: api_keys_file, bundle, "),
        ("queue_size: 0\n", r"queue_size: .*greater than or equal to 1, got 0 \(--queue-size, BERT_SERVER_QUEUE_SIZE"),
        ("log_level: loud\n", "log_level: .*'loud'"),
        ("expected_fingerprint: latest\n", "expected_fingerprint: "),
        ("middleware: nonsense\n", "middleware: .*module:attribute"),
        ("- a\n", "must hold settings by name"),
        ("a: [\n", "is not valid yaml"),
    ],
)
def test_a_wrong_file_is_refused_with_the_name_of_the_setting(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=sentence):
        load_settings({}, file)


def test_every_wrong_setting_gets_a_line_of_its_own() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"port": "x", "queue_size": "-1"})
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == ["port", "queue_size"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot read .*nowhere\.yaml"):
        load_settings({}, tmp_path / "nowhere.yaml")


def test_a_service_link_of_kubernetes_is_recognised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERT_SERVER_PORT", "tcp://10.0.0.1:80")
    with pytest.raises(SettingsError, match=r"port: .*enableServiceLinks: false"):
        load_settings({})


def test_every_variable_that_is_no_setting_is_named_beside_what_else_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERT_SERVER_QUEUE_SIZ", "5")
    monkeypatch.setenv("bert_server_colour", "red")
    monkeypatch.setenv("BERT_SERVER_THREADS", "0")
    with pytest.raises(SettingsError) as caught:
        load_settings({})
    first, second, third = str(caught.value).splitlines()
    assert first.startswith(
        "BERT_SERVER_QUEUE_SIZ: there is no such setting; the settings are: api_keys_file, bundle, "
    )
    assert second.startswith("bert_server_colour: there is no such setting")
    assert third.startswith("threads: ")


@pytest.mark.parametrize(
    "name",
    [
        "CONFIG",
        "SERVICE_HOST",
        "SERVICE_PORT",
        "SERVICE_PORT_HTTP",
        "PORT_8080_TCP",
        "PORT_8080_TCP_ADDR",
        "CANARY_SERVICE_HOST",
        "CANARY_PORT",
        "CANARY_PORT_80_TCP_PROTO",
    ],
)
def test_what_kubernetes_adds_for_services_with_such_names_does_no_harm(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(f"BERT_SERVER_{name}", "tcp://10.0.0.1:80")
    assert load_settings({}) == Settings()


@pytest.mark.parametrize("version", ["", "v1\n", "v1\r\nset-cookie: a=b", "v1\0", "\tv1", "v1 ", "版本"])
def test_a_version_that_could_not_stand_in_a_header_is_refused(version: str) -> None:
    with pytest.raises(SettingsError, match="version: "):
        load_settings({"version": version})


@pytest.mark.parametrize("version", ["v1", "v1.2.0-3f2a9c1", "one of them (new)"])
def test_other_versions_are_taken(version: str) -> None:
    assert load_settings({"version": version}).version == version


def test_several_middlewares_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERT_SERVER_MIDDLEWARE", "a.b:C, d:e")
    assert load_settings({}).middleware == ("a.b:C", "d:e")


def test_an_empty_variable_is_no_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BERT_SERVER_THREADS", "")
    assert load_settings({}).threads is None
