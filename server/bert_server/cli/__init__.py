"""The command `bert-server`: one module per group of commands."""
