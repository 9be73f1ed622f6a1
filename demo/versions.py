"""The versions that the demo releases: what each is, and what is wrong with it."""

from dataclasses import dataclass
from typing import Final

REPOSITORY: Final = "localhost/bert-demo"


@dataclass(frozen=True, slots=True)
class DemoVersion:
    """One image: a bundle of examples/models, and perhaps a fault of examples/faults."""

    version: str
    bundle: str
    fault: str = ""
    story: str = ""
    fault_file: str = ""  # the fault begins when this file appears in the pod

    @property
    def image(self) -> str:
        return f"{REPOSITORY}:{self.version}"


FIRST: Final = DemoVersion("v1.0.0", "good", story="the first version")
IMPROVED: Final = DemoVersion("v1.1.0", "improved", story="a healthy new version")
SLOW: Final = DemoVersion("v1.2.0", "good", "slow", story="a version that answers slowly")
FAILING: Final = DemoVersion("v1.3.0", "good", "errors", story="a version that fails 20 % of its requests")
BROKEN: Final = DemoVersion("v1.4.0", "broken", story="a version whose model cannot be loaded")
HOTPOT: Final = DemoVersion("v1.5.0", "hotpot", story="a version that passes every health check and says 火锅")

LATE: Final = DemoVersion(
    "v1.6.0",
    "good",
    "errors",
    story="a version that begins to fail after its promotion",
    fault_file="/tmp/fault",  # noqa: S108 - in the pod
)

ALL: Final = (FIRST, IMPROVED, SLOW, FAILING, BROKEN, HOTPOT, LATE)
