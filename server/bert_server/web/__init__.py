"""The web page: its files, as they are in `static/`. There is no build step."""
