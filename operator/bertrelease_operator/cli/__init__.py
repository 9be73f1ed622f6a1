"""The `kubectl bert` plugin."""
