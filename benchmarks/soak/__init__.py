"""`python -m benchmarks.soak`: minutes of everything that clients do, then restarts under load."""
