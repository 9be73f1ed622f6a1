"""Writes the generated files, or with `--check` says which of them are out of date (exit status 1)."""

import argparse
import sys
from pathlib import Path

from bertrelease_operator.api.crd.files import generated_files, outdated


def main() -> int:
    """Exit status 0, or 1 if `--check` finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m bertrelease_operator.api.crd", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail on a difference")
    parser.add_argument("--root", type=Path, default=Path(), help="root of the repository (default: here)")
    options = parser.parse_args()
    files = outdated(generated_files(), options.root)
    if options.check:
        for path in files:
            sys.stderr.write(f"{path} does not match the models: run `make crds` and commit it\n")
        return 1 if files else 0
    for path, text in files.items():
        target = options.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
