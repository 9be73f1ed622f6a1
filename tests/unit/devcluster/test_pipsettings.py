from __future__ import annotations

import configparser
from pathlib import Path

from devcluster.pipsettings import MOUNT_POINT, config_files, merged_settings, write_for_build


def read(file: Path) -> configparser.RawConfigParser:
    settings = configparser.RawConfigParser()
    settings.read(file)
    return settings


def test_a_variable_wins_over_a_file(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[global]\nindex-url = https://one.example/simple\ntimeout = 5\n")
    settings = merged_settings([file], {"PIP_INDEX_URL": "https://two.example/simple"})
    assert dict(settings["global"]) == {"index-url": "https://two.example/simple", "timeout": "5"}


def test_the_machines_certificates_are_used_where_pip_has_none_of_its_own() -> None:
    assert merged_settings([], {"SSL_CERT_FILE": "/ca.pem"}).get("global", "cert") == "/ca.pem"
    own = {"SSL_CERT_FILE": "/ca.pem", "PIP_CERT": "/own.pem"}
    assert merged_settings([], own).get("global", "cert") == "/own.pem"


def test_an_explicit_settings_file_is_read_last() -> None:
    assert config_files({"HOME": "/h", "PIP_CONFIG_FILE": "/p.conf"})[-1] == Path("/p.conf")


def test_files_that_the_settings_name_travel_along_under_their_new_place(tmp_path: Path) -> None:
    bundle, wheels, target = tmp_path / "ca.pem", tmp_path / "wheels", tmp_path / "target"
    bundle.write_text("certificate")
    wheels.mkdir()
    target.mkdir()
    environment = {
        "HOME": str(tmp_path),
        "PIP_CERT": str(bundle),
        "PIP_FIND_LINKS": str(wheels),
        "PIP_LOG": str(tmp_path / "absent"),
        "PIP_CONFIG_FILE": str(tmp_path / "none.conf"),
    }
    options = write_for_build(target, environment)
    settings = read(target / "pip.conf")
    assert settings.get("global", "cert") == f"{MOUNT_POINT}/cert"
    assert (target / "cert").read_text() == "certificate"
    assert settings.get("global", "find-links") == str(wheels)
    assert not settings.has_option("global", "log")
    assert options == ["--volume", f"{target}:{MOUNT_POINT}:ro", "--volume", f"{wheels}:{wheels}:ro"]
