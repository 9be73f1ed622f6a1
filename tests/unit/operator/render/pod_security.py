"""The restricted Pod Security Standard of Kubernetes as code, for pods as they are rendered here.

https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""

from collections.abc import Iterator
from typing import Any

ALLOWED_VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}
HOST_FIELDS = ("hostNetwork", "hostPID", "hostIPC")


def violations(pod: dict[str, Any]) -> Iterator[str]:
    """What the pod security admission would refuse in the pod's spec."""
    security = pod.get("securityContext", {})
    yield from (f"{name} is set" for name in HOST_FIELDS if pod.get(name))
    yield from (f"sysctl {sysctl}" for sysctl in security.get("sysctls", []))
    for volume in pod.get("volumes", []):
        yield from (f"volume of type {kind}" for kind in volume.keys() - {"name"} - ALLOWED_VOLUMES)
    for container in (*pod["containers"], *pod.get("initContainers", [])):
        yield from _container_violations(container, security)


def _container_violations(container: dict[str, Any], pod_security: dict[str, Any]) -> Iterator[str]:
    own = container.get("securityContext", {})
    effective = {**pod_security, **own}
    capabilities = own.get("capabilities", {})
    rules = {
        "is privileged": own.get("privileged"),
        "may escalate": own.get("allowPrivilegeEscalation") is not False,
        "keeps capabilities": "ALL" not in capabilities.get("drop", []),
        "adds capabilities": set(capabilities.get("add", [])) - {"NET_BIND_SERVICE"},
        "may be root": effective.get("runAsNonRoot") is not True,
        "is root": effective.get("runAsUser") == 0,
        "has no seccomp profile": effective.get("seccompProfile", {}).get("type")
        not in {"RuntimeDefault", "Localhost"},
        "has an unmasked /proc": own.get("procMount", "Default") != "Default",
        "has a port of the host": any(port.get("hostPort") for port in container.get("ports", [])),
    }
    yield from (f"{container['name']} {rule}" for rule, broken in rules.items() if broken)
