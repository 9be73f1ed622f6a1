"""The model bundle: a directory with everything that decides the answers, and the fingerprint over it."""
