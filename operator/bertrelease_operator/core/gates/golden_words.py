"""Words, for scores of translations.

Chinese characters and symbols are words of their own; the rest is split as NIST's mteval-v13a does it, on which
published scores rest: at spaces and ASCII punctuation, but not within numbers. The same tokens as those of sacrebleu's
`13a` for ASCII, without its handling of SGML entities, and as those of its `zh` for Chinese.
"""

import re
from typing import Final

_OWN_WORD: Final = re.compile(
    # The Latin-like symbols (quotes, dashes, ellipses) to the mathematical ones; then all that belongs to Chinese.
    r"([\u2001-\u2a6d\u2e80-\u303f\u3100-\u312f\u31a0-\u31bf\u31c0-\u31ef\u3200-\u4db5\u4e00-\u9fbb"
    r"\uf900-\ufa2d\ufa30-\ufa6a\ufe10-\ufe1f\ufe30-\ufe4f\uff00-\uffef])"
)
# All of ASCII's punctuation but apostrophe, hyphen, comma and period, which need their neighbours to be judged.
_PUNCTUATION: Final = re.compile(r"([!-&(-+/:-@\[-`{-~])")
_AFTER_NO_DIGIT: Final = re.compile(r"([^0-9])([.,])")
_BEFORE_NO_DIGIT: Final = re.compile(r"([.,])([^0-9])")
_AFTER_DIGIT: Final = re.compile(r"([0-9])(-)")


def words(text: str) -> list[str]:
    """In their order; letter case is kept."""
    spaced = _OWN_WORD.sub(r" \1 ", f" {text} ")
    spaced = _PUNCTUATION.sub(r" \1 ", spaced)
    spaced = _AFTER_NO_DIGIT.sub(r"\1 \2 ", spaced)
    spaced = _BEFORE_NO_DIGIT.sub(r" \1 \2", spaced)
    return _AFTER_DIGIT.sub(r"\1 \2 ", spaced).split()
