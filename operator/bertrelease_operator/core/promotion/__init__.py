"""Adopts what another release has proven, and stops what it no longer holds proven. See docs/adr/0030."""
