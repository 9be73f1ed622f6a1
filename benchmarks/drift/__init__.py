"""How soon drift of the answers is found, and how often good versions are stopped for it."""
