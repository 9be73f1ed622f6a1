"""Small chores of the build."""
