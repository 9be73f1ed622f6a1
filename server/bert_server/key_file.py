"""The file of API keys: a key a line; blank lines and those that begin with # are none."""

from pathlib import Path
from typing import Final

from bert_server.errors import SettingsError

API_KEY_HEADER: Final = "x-api-key"


def read_keys(file: Path) -> list[bytes]:
    """Raises OSError."""
    lines = (line.strip() for line in file.read_bytes().splitlines())
    return [line for line in lines if line and not line.startswith(b"#")]


def require_keys(file: Path) -> list[bytes]:
    """At least one. Raises SettingsError."""
    try:
        keys = read_keys(file)
    except OSError as error:
        raise SettingsError(f"api_keys_file: cannot read {file}: {error.strerror}") from error
    if not keys:
        raise SettingsError(f"api_keys_file: {file} holds no key; write one on a line of its own")
    return keys
