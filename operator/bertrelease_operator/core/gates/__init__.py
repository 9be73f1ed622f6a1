"""Gates: what a new version must pass besides the health watch. One module per kind that needs no I/O."""
