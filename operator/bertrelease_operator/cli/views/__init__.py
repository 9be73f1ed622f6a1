"""What the plugin shows, as data: pure functions from the cluster's objects and the time."""
