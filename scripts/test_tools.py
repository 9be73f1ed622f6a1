"""`python -m scripts.test_tools`: install from Debian what the server's tests drive, if it is missing."""

import sys

from rich.console import Console

from devcluster import DevClusterError
from devcluster.debian import install_missing
from devcluster.progress import ConsoleReporter

# The program or file that shows a package to be there, and the package.
PACKAGES = {
    "chromium": "chromium",
    "redis-server": "redis-server",
    "/usr/share/fonts/opentype/noto": "fonts-noto-cjk",
}


def main() -> None:
    try:
        install_missing(ConsoleReporter(Console(stderr=True)), PACKAGES)
    except DevClusterError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
