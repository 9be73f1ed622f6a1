"""Prompts for calibration and measurement, from a plain text file."""

import zlib
from pathlib import Path

from bert_server.errors import PackagingError


def read_prompts(file: Path, mask_token: str | None) -> list[str]:
    """One prompt for each line; a line without a mask gets one, at a place that depends on the line alone.

    Without a mask token lines stay as they are. A tab ends the text of a line (what follows may be the expected
    answer). Raises PackagingError if the file cannot be read or is empty.
    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PackagingError(
            f"cannot read the texts in {file}: {error}; give a UTF-8 file, a sentence a line"
        ) from error
    texts = [text for line in lines if (text := line.split("\t")[0].strip())]
    if not texts:
        raise PackagingError(f"{file} holds no text; give a UTF-8 file, a sentence a line")
    if mask_token is None:
        return texts
    return [text if mask_token in text else _mask_one(text, mask_token) for text in texts]


def _mask_one(text: str, mask_token: str) -> str:
    """Mask one word of a text with spaces, one character of a text without."""
    words = text.split(" ")
    parts, joint = (words, " ") if len(words) > 1 else (list(text), "")
    chosen = zlib.crc32(text.encode()) % len(parts)
    return joint.join([*parts[:chosen], mask_token, *parts[chosen + 1 :]])
