"""From what the sources report to what it means: readings -> gathered counts -> checks -> a verdict."""
