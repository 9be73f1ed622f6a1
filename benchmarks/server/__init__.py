"""`python -m benchmarks.server`: the server against the obvious one, its own engine, and a peer."""
