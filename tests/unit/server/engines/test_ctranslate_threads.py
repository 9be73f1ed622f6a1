"""How the translator's threads wait for each other."""

import os
import subprocess
import sys

LOADING = """
from pathlib import Path
from bert_server.bundle.manifest import Precision
from bert_server.engines.ctranslate import CTranslate2Engine
from bert_server.errors import BundleError
try:
    CTranslate2Engine(Path("/nowhere"), Precision.INT8, threads=2)
except BundleError:
    pass
"""


def test_they_do_not_spin_so_that_other_processes_do_not_stall_a_translation() -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    told = subprocess.run(
        [sys.executable, "-c", LOADING],
        env={**inherited, "OMP_DISPLAY_ENV": "VERBOSE"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "GOMP_SPINCOUNT = '0'" in told.stderr
