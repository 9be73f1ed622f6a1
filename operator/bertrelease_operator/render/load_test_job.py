"""What a load test runs: the load generator of the candidate's own image."""

from typing import Final

from bertrelease_operator.api.job import Job, JobTemplate
from bertrelease_operator.api.load_test import LoadTest
from bertrelease_operator.api.names import GATE_HEADER
from bertrelease_operator.api.revision import BertRevisionSpec
from bertrelease_operator.api.workload import Resources
from bertrelease_operator.render.api_keys import api_keys_file

# The kubelet's own file: what is in it becomes the pod's termination message.
_REPORT_FILE: Final = "/dev/termination-log"
# The generator takes little, and must not be throttled: no limit of CPU.
_RESOURCES: Final = Resources(requests={"cpu": "100m", "memory": "128Mi"}, limits={"memory": "512Mi"})
# A Service that has just got its endpoints may not be reachable from everywhere yet.
_BACKOFF_LIMIT: Final = 3


def load_test_job(section: LoadTest, record: BertRevisionSpec, url: str, gate: str) -> Job:
    """`url`: of the candidate's own Service; `gate`: the name that requests carry, so that they count as no user's."""
    options = {
        "--workload": section.workload.value,
        "--rate": f"{section.rate_per_second:g}",
        "--seconds": str(section.duration_seconds),
        "--shortest": str(section.lengths.shortest),
        "--longest": str(section.lengths.longest),
        "--header": f"{GATE_HEADER}: {gate}",
        "--report": _REPORT_FILE,
    }
    if record.config.api_keys is not None:
        options["--api-keys-file"] = api_keys_file(record.config.api_keys)
    template = JobTemplate(
        image=record.image.reference(record.version),
        pull_policy=record.image.pull_policy,
        pull_secrets=list(record.image.pull_secrets),
        command=["bert-server", "bench", url, *(word for option in options.items() for word in option)],
        resources=_RESOURCES,
        service_account_name=record.pod_template.service_account_name,
        node_selector=dict(record.pod_template.node_selector),
    )
    return Job(template=template, backoff_limit=_BACKOFF_LIMIT)
