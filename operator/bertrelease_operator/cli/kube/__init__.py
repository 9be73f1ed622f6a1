"""The cluster behind the protocol: the official Kubernetes client, imported only when a cluster is asked."""
