"""The demo, and the parts of it that the end-to-end tests and benchmarks use: images, installation, traffic."""
