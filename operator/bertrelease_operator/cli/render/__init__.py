"""Pictures for a terminal (rich), from the views; pure, and the same with and without colour."""
