"""torch: the model as written down, for the reference, for GPUs, and for the exporter to trace."""
