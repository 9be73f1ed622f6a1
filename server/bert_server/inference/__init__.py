"""From jobs to results: what waits, what runs together, what is refused."""
