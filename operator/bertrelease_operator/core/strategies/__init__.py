"""How a new version takes over: one module per kind, each a pure function from the spec to a plan of steps."""
