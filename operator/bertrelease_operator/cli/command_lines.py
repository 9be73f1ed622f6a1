"""Commands that a person can copy, exact to the namespace."""

from bertrelease_operator.api.names import child_name
from bertrelease_operator.cli.objects import Release


def bert_command(release: Release, verb: str, *further: str) -> str:
    return " ".join(("kubectl bert", verb, release.name, *further, "-n", release.namespace))


def edit_command(release: Release) -> str:
    return f"kubectl edit brel {release.name} -n {release.namespace}"


def logs_command(release: Release, version: str) -> str:
    """Why a version does not come up is in its pods' logs, or in kubectl's word on why there are none."""
    return f"kubectl logs deployment/{child_name(release.name, version)} -n {release.namespace}"


def operator_command() -> str:
    """Shows whether the operator runs, wherever it was installed to."""
    return "kubectl get deployments -A -l app.kubernetes.io/name=bertrelease-operator"
