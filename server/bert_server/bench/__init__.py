"""Load for a server: `bert-server bench`, and what the project's own benchmarks are made of."""
