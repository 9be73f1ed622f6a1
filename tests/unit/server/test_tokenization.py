import pytest

from bert_server.tokenization import NoMaskError, TextEncoder, TooManyTokensError


def test_ids_and_masks_are_where_the_text_has_them(encoder: TextEncoder) -> None:
    text = encoder.encode("天[MASK]人[MASK]")
    assert text.ids.tolist() == [[2, 9, 4, 11, 4, 3]]
    assert text.mask_positions.tolist() == [[0, 2], [0, 4]]
    assert text.attention_mask.tolist() == [[1] * 6]


def test_the_longest_text_that_fits_is_taken_whole(encoder: TextEncoder) -> None:
    inner = encoder.max_tokens - 2
    assert encoder.encode("天" * (inner - 1) + "[MASK]").ids.shape == (1, encoder.max_tokens)


def test_one_token_more_is_refused_with_limit_and_actual(encoder: TextEncoder) -> None:
    with pytest.raises(TooManyTokensError) as caught:
        encoder.encode("[MASK]" + "天" * (encoder.max_tokens - 2))
    assert (caught.value.limit, caught.value.actual) == (encoder.max_tokens, encoder.max_tokens + 1)


@pytest.mark.parametrize("text", ["天地", "", "MASK", "[mask]", "[ MASK ]"])
def test_a_text_without_a_mask_is_refused(encoder: TextEncoder, text: str) -> None:
    with pytest.raises(NoMaskError):
        encoder.encode(text)
