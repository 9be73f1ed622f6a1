"""What the server can be asked to do: one module per task, free of HTTP."""
