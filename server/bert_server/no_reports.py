"""Keeps OpenVINO and NNCF from reporting their use over the network.

Both do so, from the first import on, through a module of its own; where it cannot be imported they send nothing. So
this must be imported before either of them.
"""

import sys
from types import ModuleType
from typing import cast

# None is Python's own mark for "do not import this".
sys.modules["openvino_telemetry"] = cast(ModuleType, None)
