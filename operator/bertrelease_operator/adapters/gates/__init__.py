"""Gates that need I/O: one runner for each kind."""
