"""The commands: each reads its arguments, asks the cluster, and prints."""
