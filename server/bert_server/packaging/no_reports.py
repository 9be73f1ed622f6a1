"""Keeps the conversion libraries from reporting their use over the network.

Import this before openvino's converter or nncf: both fall back to sending nothing when the module that does the
sending cannot be imported.
"""

import sys
from types import ModuleType
from typing import cast

# None is Python's own mark for "do not import this".
sys.modules["openvino_telemetry"] = cast(ModuleType, None)
