"""A real one-node Kubernetes with Istio and Envoy, without Docker, for the demo and the tests."""

from devcluster.cluster import Cluster
from devcluster.errors import CommandError, DevClusterError, PreflightError, StartError

__all__ = ["Cluster", "CommandError", "DevClusterError", "PreflightError", "StartError"]
