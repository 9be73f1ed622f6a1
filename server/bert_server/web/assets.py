"""The page's files, read once, under addresses that change with their content."""

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

# What index.html writes where the directory of its assets belongs, and the modules to fetch at once: a browser would
# find them only one after another, each in the one that imports it.
ASSETS_PLACEHOLDER = "{{assets}}"
MODULES_PLACEHOLDER = "{{modules}}"
# Runs before the page is painted, therefore is no module.
CLASSIC_SCRIPT = "early.js"
MEDIA_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True)
class Asset:
    content: bytes
    media_type: str


@dataclass(frozen=True)
class Page:
    """`digest` covers every asset: modules import each other by relative names, so they change address together."""

    html: bytes
    html_digest: str
    digest: str
    assets: dict[str, Asset]


def read_page() -> Page:
    """The page in this package."""
    root = files("bert_server.web") / "static"
    assets = {
        name: Asset(file.read_bytes(), MEDIA_TYPES[name.rpartition(".")[2]])
        for name, file in sorted(_below(root))
        if not name.endswith(".html")
    }
    digest = _digest(*(part for name, asset in assets.items() for part in (name.encode(), asset.content)))
    modules = [name for name in assets if name.endswith(".js") and name != CLASSIC_SCRIPT]
    preloads = "\n    ".join(f'<link rel="modulepreload" href="{ASSETS_PLACEHOLDER}/{name}">' for name in modules)
    text = (root / "index.html").read_text(encoding="utf-8").replace(MODULES_PLACEHOLDER, preloads)
    html = text.replace(ASSETS_PLACEHOLDER, f"static/{digest}").encode()
    return Page(html, _digest(html), digest, assets)


def _below(directory: Traversable, prefix: str = "") -> list[tuple[str, Traversable]]:
    found = []
    for entry in directory.iterdir():
        name = prefix + entry.name
        found += _below(entry, f"{name}/") if entry.is_dir() else [(name, entry)]
    return found


def _digest(*parts: bytes) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()[:16]
