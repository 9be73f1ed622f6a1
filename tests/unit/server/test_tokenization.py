from pathlib import Path

import pytest

from bert_server.tokenization import REMEMBERED_CHARACTERS, TextEncoder


def test_ids_and_masks_are_where_the_text_has_them(encoder: TextEncoder) -> None:
    token_ids = encoder.encode("天[MASK]人[MASK]")
    assert token_ids.tolist() == [2, 9, 4, 11, 4, 3]
    assert encoder.mask_positions(token_ids) == [2, 4]


def test_a_text_is_encoded_whole_however_long(encoder: TextEncoder) -> None:
    assert encoder.encode("天" * 1000).shape == (1002,)


@pytest.mark.parametrize("text", ["天地", "", "MASK", "[mask]", "[ MASK ]"])
def test_what_only_looks_like_a_mask_is_none(encoder: TextEncoder, text: str) -> None:
    assert encoder.mask_positions(encoder.encode(text)) == []


def test_without_a_mask_token_there_are_no_masks(tokenizer_file: Path) -> None:
    encoder = TextEncoder(tokenizer_file, mask_token=None, max_tokens=16)
    assert encoder.mask_positions(encoder.encode("天[MASK]")) == []


def test_tokens_have_ids_and_ids_have_tokens(encoder: TextEncoder) -> None:
    assert encoder.token_id("火") == 13
    assert encoder.token(13) == "火"
    assert encoder.token_id("火锅") is None


@pytest.mark.parametrize("given", [[9, 10], [2, 9, 10, 3]])
def test_ids_of_a_caller_are_framed_once(encoder: TextEncoder, given: list[int]) -> None:
    assert encoder.framed(given).tolist() == encoder.encode("天地").tolist()


def test_a_text_is_encoded_alike_again_and_longer_ones_are_not_remembered(encoder: TextEncoder) -> None:
    long = "天" * (REMEMBERED_CHARACTERS + 1)
    assert encoder.encode("上[MASK]") is encoder.encode("上[MASK]")
    assert encoder.encode(long) is not encoder.encode(long)
    assert encoder.encode(long).tolist() == encoder.encode(long).tolist()
