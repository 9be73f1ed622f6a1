"""Pure decisions: an observation goes in, a decision comes out. No I/O, no clock, no randomness."""
