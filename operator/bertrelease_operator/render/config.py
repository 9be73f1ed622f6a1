"""The ConfigMap with a version's settings: the file that its server reads."""

import json
from typing import Any, Final

from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.workload import ServerConfig
from bertrelease_operator.render.api_keys import api_keys_file
from bertrelease_operator.render.metadata import KubeObject, Owner, version_metadata

CONFIG_FILE: Final = "server.json"


def render_config(record: BertRevisionSpec, owner: Owner) -> KubeObject:
    """Immutable, like the version: the API server refuses every change of its contents."""
    settings = json.dumps(server_settings(record.config), ensure_ascii=False, indent=2, sort_keys=True)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": version_metadata(owner, record.release, record.version),
        "immutable": True,
        "data": {CONFIG_FILE: f"{settings}\n"},
    }


def server_settings(config: ServerConfig) -> dict[str, Any]:
    """By the server's own names, which are those of the fields here; typed fields win over `extra`.

    Defaults are left to the server, so that a setting that only later versions of the API and the server know
    neither changes the ConfigMaps of recorded versions nor reaches servers that would refuse it.
    """
    typed = config.model_dump(mode="json", by_alias=False, exclude_defaults=True, exclude={"extra", "api_keys"})
    keys = {"api_keys_file": api_keys_file(config.api_keys)} if config.api_keys is not None else {}
    return {**config.extra, **typed, **keys}
