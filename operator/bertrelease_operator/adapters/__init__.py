"""Everything that talks to the outside: the Kubernetes API, pods' metrics, Prometheus."""
