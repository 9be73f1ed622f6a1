"""Results that were computed before: in this process, in Redis, and those being computed right now."""
