"""Lending the machine's pip settings to the RUN steps of an image build.

A machine may need an index of its own, or a certificate authority, to install anything. The settings are
mounted while a step runs, and so become part of no image.
"""

from __future__ import annotations

import configparser
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

# Where pip in the image looks for machine-wide settings.
MOUNT_POINT = "/etc/xdg/pip"


def config_files(environment: Mapping[str, str]) -> list[Path]:
    """Where pip itself reads, the least important first (pip's documentation, "Configuration")."""
    home = Path(environment.get("HOME", "/root"))
    files = [Path("/etc/pip.conf"), home / ".pip/pip.conf"]
    files.append(Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "pip/pip.conf")
    explicit = environment.get("PIP_CONFIG_FILE")
    return [*files, Path(explicit)] if explicit else files


def merged_settings(files: list[Path], environment: Mapping[str, str]) -> configparser.RawConfigParser:
    """What the files and the PIP_* variables say together; variables win."""
    settings = configparser.RawConfigParser()
    settings.read(files)
    if not settings.has_section("global"):
        settings.add_section("global")
    for name, value in sorted(environment.items()):
        if name.startswith("PIP_") and name != "PIP_CONFIG_FILE":
            settings.set("global", name.removeprefix("PIP_").lower().replace("_", "-"), value)
    if not settings.has_option("global", "cert") and (bundle := environment.get("SSL_CERT_FILE")):
        settings.set("global", "cert", bundle)
    return settings


def write_for_build(directory: Path, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Fill `directory` with a pip.conf and return buildah's options that mount it and all it refers to."""
    settings = merged_settings(config_files(environment), environment)
    options = ["--volume", f"{directory}:{MOUNT_POINT}:ro"]
    for section in settings.sections():
        for name, value in settings.items(section):
            if not value.startswith("/"):
                continue
            source = Path(value)
            if source.is_dir():
                options += ["--volume", f"{source}:{source}:ro"]
            elif source.is_file():
                shutil.copyfile(source, directory / name)
                settings.set(section, name, f"{MOUNT_POINT}/{name}")
            else:
                settings.remove_option(section, name)
    with (directory / "pip.conf").open("w") as file:
        settings.write(file)
    return options
