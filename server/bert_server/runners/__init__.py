"""What turns jobs into batches for an engine, and an engine's output into results: one module per kind of model."""
