"""What is kept of a version's way: what was decided and why, in a story, and what it was judged by, in a recording."""
