"""Cutting a text into sentences, and sentences that are too long into parts, so that nothing is lost.

Joined, the parts always give the text again, so that a translation can keep its line breaks.
"""

import re
from collections.abc import Callable, Iterator

_CLOSERS = "”’\"'」』）)】］]》〉"
_CLOSING = f"[{re.escape(_CLOSERS)}]*"
# Every mark at which a line or a paragraph ends, however the text was written.
_LINE_BREAKS = re.compile(r"[\n\r\x0b\x0c\x85\u2028\u2029]\s*")
# A title says something of its own: 《你好，李焕英！》 is one word.
_TITLE = r"《[^《》\n]{1,60}》"
_END = re.compile(
    rf"{_TITLE}|(?P<wide>(?:[。！？；…｡]|(?<=[。！？；…])[!?])+){_CLOSING}\s*|(?P<narrow>[.!?]+){_CLOSING}(?P<gap>\s*)"
)
_CONTINUES = frozenset("，、,：:—的")  # after a closing quote, these go on with the sentence
_CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
# A single letter is an initial, or the end of "e.g." and "U.S.".
_ABBREVIATION = re.compile(
    r"(?<![a-z])(?:[a-z]|mrs?|ms|dr|prof|st|jr|sr|inc|ltd|co|vs|etc|no|vol|fig|approx|cf|al)$", re.IGNORECASE
)
_LONGEST_ABBREVIATION = 8

# Where a sentence may be cut that is too long, the best places first.
_CUTS = (
    re.compile(r"[；;：:](?!\d)\s*"),
    re.compile(r"[，,](?!\d)\s*|——"),
    re.compile(r"、\s*"),
    re.compile(r"\s+"),
    re.compile(r"(?<=[^\x00-\x7f])"),  # after a Chinese character, not within a number or a word of letters
    re.compile(""),
)


def split_sentences(text: str) -> list[str]:
    """Sentences with what follows them up to the next one; line breaks (with the space after them) stand alone."""
    sentences: list[str] = []
    place = 0
    for gap in _LINE_BREAKS.finditer(text):
        sentences += [*_split_line(text[place : gap.start()]), gap[0]]
        place = gap.end()
    return sentences + _split_line(text[place:])


def is_line_break(part: str) -> bool:
    """Of a part that `split_sentences` gave."""
    return bool(_LINE_BREAKS.match(part))


def split_long(sentence: str, fits: Callable[[str], bool]) -> list[str]:
    """The sentence in as many parts as it takes for each to fit: at a comma near the middle if there is one.

    A single character is not cut further, whether it fits or not.
    """
    if len(sentence) <= 1 or fits(sentence):
        return [sentence]
    cut = _best_cut(sentence)
    return [*split_long(sentence[:cut], fits), *split_long(sentence[cut:], fits)]


def _split_line(line: str) -> list[str]:
    ends = [*_sentence_ends(line), len(line)]
    return [line[begin:end] for begin, end in zip([0, *ends], ends, strict=False) if begin < end]


def _sentence_ends(line: str) -> Iterator[int]:
    for match in _END.finditer(line):
        following = line[match.end() : match.end() + 1]
        if match["wide"]:
            closed = match[0].rstrip()[-1] in _CLOSERS
            if not (closed and following in _CONTINUES):
                yield match.end()
        elif match["narrow"] and _ends_a_sentence(line, match, following):
            yield match.end()


def _ends_a_sentence(line: str, end: re.Match[str], following: str) -> bool:
    """A dot or mark of ASCII ends one before a space or Chinese, but a dot not after an abbreviation or an initial."""
    if not following:
        return True
    if end["narrow"].strip("."):
        return bool(end["gap"]) or bool(_CJK.match(following))
    before = line[max(0, end.start() - _LONGEST_ABBREVIATION) : end.start()]
    if end["narrow"] == "." and _ABBREVIATION.search(before):
        return False
    if end["gap"]:
        return not following.islower()
    return bool(_CJK.match(following)) and not before[-1:].isdigit()


def _best_cut(sentence: str) -> int:
    """The place nearest to the middle, of the best kind that there is in the middle half."""
    middle = len(sentence) / 2
    for kind in _CUTS:
        places = [match.end() for match in kind.finditer(sentence)]
        central = [place for place in places if 0 < place < len(sentence) and abs(place - middle) <= middle / 2]
        if central:
            return min(central, key=lambda place: abs(place - middle))
    return len(sentence) // 2
