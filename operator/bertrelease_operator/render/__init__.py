"""Pure builders of the Kubernetes objects that a decision asks for, one file per concern."""
