import json
import shutil
from pathlib import Path

import pytest

from bert_server.errors import BundleError
from bert_server.translation.tokenization import TranslationTokenizer
from tests.unit.server.translation.conftest import DICTIONARY


def test_a_sentence_ends_with_the_end_mark_and_unknown_characters_are_marked(tokenizer: TranslationTokenizer) -> None:
    token_ids = tokenizer.encode("你好魑").tolist()
    assert token_ids[-1] == tokenizer.end_id
    assert tokenizer.unknown_id in token_ids
    assert tokenizer.unknown_id not in tokenizer.encode("你好。").tolist()


@pytest.mark.parametrize("text", DICTIONARY.values())
def test_decoding_the_pieces_of_a_text_gives_the_text(tokenizer: TranslationTokenizer, text: str) -> None:
    pieces = tokenizer._target.encode(text, out_type=str)
    assert tokenizer.decode(tuple(tokenizer.token_id(piece) for piece in pieces)) == text


def test_marks_and_languages_among_the_pieces_leave_no_trace_in_the_text(tokenizer: TranslationTokenizer) -> None:
    said = [">>eng<<", *tokenizer._target.encode("Hello.", out_type=str), "<unk>", "</s>", "</s>"]
    assert tokenizer.decode(tuple(tokenizer.token_id(piece) for piece in said)) == "Hello."


def test_nothing_said_is_an_empty_text(tokenizer: TranslationTokenizer) -> None:
    assert tokenizer.decode(()) == ""
    assert tokenizer.decode((tokenizer.end_id,)) == ""


def test_every_piece_of_the_vocabulary_has_its_number(tokenizer: TranslationTokenizer) -> None:
    numbers = range(tokenizer.vocabulary_size)
    assert [tokenizer.token_id(tokenizer.piece(number)) for number in numbers] == list(numbers)


@pytest.mark.parametrize("vocabulary", ["{}", "[]", json.dumps(["a", "b"]), "nonsense"])
def test_a_vocabulary_that_is_none_is_refused_with_its_file(
    pieces_directory: Path, tmp_path: Path, vocabulary: str
) -> None:
    directory = shutil.copytree(pieces_directory, tmp_path / "bundle")
    (directory / "shared_vocabulary.json").write_text(vocabulary)
    with pytest.raises(BundleError, match=r"shared_vocabulary\.json is no .*; package the model again"):
        TranslationTokenizer(directory, max_tokens=32)


def test_a_file_that_is_no_sentencepiece_model_is_refused_by_name(pieces_directory: Path, tmp_path: Path) -> None:
    directory = shutil.copytree(pieces_directory, tmp_path / "bundle")
    (directory / "target.spm").write_bytes(b"nonsense")
    with pytest.raises(BundleError, match=r"target\.spm is no SentencePiece model"):
        TranslationTokenizer(directory, max_tokens=32)
