"""The file of settings that a version's server reads."""

import json

from bert_server.settings import Settings
from bertrelease_operator.api.workload import ServerConfig
from bertrelease_operator.render.config import render_config, server_settings
from tests.unit.operator.render.samples import REVISION, record


def test_the_settings_are_an_immutable_file_in_utf_8() -> None:
    config_map = render_config(record(config={"queueSize": 128, "extra": {"cache_dir": "/var/cache/模型"}}), REVISION)
    assert config_map["immutable"] is True
    assert config_map["data"] == {"server.json": '{\n  "cache_dir": "/var/cache/模型",\n  "queue_size": 128\n}\n'}


def test_defaults_are_left_to_the_server() -> None:
    assert json.loads(render_config(record(), REVISION)["data"]["server.json"]) == {}


def test_every_typed_setting_reaches_the_server_under_its_own_name() -> None:
    config = ServerConfig(threads=2, queue_size=128, max_body_bytes=2048, drain_seconds=9, log_level="debug")
    read = Settings.model_validate(server_settings(config))
    assert (read.threads, read.queue_size, read.max_body_bytes) == (2, 128, 2048)
    assert (read.drain_seconds, read.log_level) == (9, "debug")


def test_the_server_has_the_same_defaults_as_the_api() -> None:
    defaults = ServerConfig().model_dump(by_alias=False, exclude={"extra", "api_keys"})
    assert {name: Settings.model_fields[name].default for name in defaults} == defaults


def test_extra_settings_are_passed_on_and_typed_ones_win_over_them() -> None:
    extra = {"stall_seconds": "20", "queue_size": "1"}
    assert server_settings(ServerConfig(queue_size=128, extra=extra)) == {"stall_seconds": "20", "queue_size": 128}


def test_the_server_understands_extra_settings_although_they_are_text() -> None:
    extra = {"stall_seconds": "20", "middleware": "faults:slow, faults:failing"}
    read = Settings.model_validate(server_settings(ServerConfig(extra=extra)))
    assert read.stall_seconds == 20
    assert read.middleware == ("faults:slow", "faults:failing")
