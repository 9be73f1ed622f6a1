"""`python -m scripts.test_tools`: install from Debian what the server's tests drive, if it is missing."""

import shutil
import subprocess
import sys
from pathlib import Path

# The program or file that shows a package to be there, and the package.
PACKAGES = {
    "chromium": "chromium",
    "redis-server": "redis-server",
    "/usr/share/fonts/opentype/noto": "fonts-noto-cjk",
}


def main() -> None:
    missing = [package for sign, package in PACKAGES.items() if not (shutil.which(sign) or Path(sign).exists())]
    if not missing:
        return
    print(f"==> installing from Debian: {', '.join(missing)}", flush=True)
    environment = {"DEBIAN_FRONTEND": "noninteractive", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    try:
        subprocess.run(["apt-get", "update", "--quiet=2"], env=environment, check=True)
        command = ["apt-get", "install", "--quiet=2", "--yes", "--no-install-recommends", *missing]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"installing from Debian failed ({error}); run `apt-get install {' '.join(missing)}` by hand")


if __name__ == "__main__":
    main()
