"""Turning a `transformers` checkpoint into a bundle. Needs the extra `package`; no server imports it."""
