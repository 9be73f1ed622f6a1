"""`python -m demo.serve [flags of bert-server serve]`: the server alone, with the demo's models and the web page."""

import os
import sys
from typing import Final

from rich.console import Console

from examples.models.build import bundle
from examples.models.cache import models_cache
from examples.models.variants import Variant
from examples.translation.build import bundle as translation_bundle

HOST: Final = "127.0.0.1"
PORT: Final = "8080"


def main() -> None:
    """Build what is missing, then become `bert-server serve`; further arguments are its flags."""
    screen = Console(stderr=True)
    screen.print("Models (trained once, then cached)")
    bundles = ",".join(str(directory) for directory in (bundle(Variant.GOOD), translation_bundle()))
    compiled = models_cache() / "compiled"
    compiled.mkdir(parents=True, exist_ok=True)
    defaults = {"HOST": HOST, "PORT": PORT, "VERSION": "v1.0.0", "DRAIN_SECONDS": "0", "CACHE_DIR": str(compiled)}
    environment = {f"BERT_SERVER_{name}": value for name, value in defaults.items()} | dict(os.environ)
    address = f"http://{HOST}:{PORT}"
    screen.print(f"Serving on {address} unless a flag says otherwise: / is the page, /docs the API; Ctrl-C ends it")
    arguments = [sys.executable, "-m", "bert_server", "serve", "--bundle", bundles, *sys.argv[1:]]
    os.execve(sys.executable, arguments, environment)  # noqa: S606  no shell: the server takes this process's place


if __name__ == "__main__":
    main()
