import numpy as np
import pytest
from msgspec import DecodeError

from bert_server.cache.codec import decode, encode
from bert_server.inference.jobs import ScoredToken, Translation
from tests.unit.server.cache.jobs import feature, fill_mask, translate


def test_candidates_come_back_as_they_were() -> None:
    result = ((ScoredToken(7, 0.1 + 0.2), ScoredToken(65_000, 5e-324)),)
    decoded = decode(encode(result), fill_mask(1))
    assert decoded == result
    assert isinstance(decoded[0][0], ScoredToken)


def test_a_vector_comes_back_with_the_same_bits_and_cannot_be_changed() -> None:
    result = np.array([1.5, -0.0, np.nan, np.inf, 1e-45], dtype=np.float32)
    decoded = decode(encode(result), feature(1))
    assert isinstance(decoded, np.ndarray)
    assert decoded.dtype == np.float32
    assert decoded.tobytes() == result.tobytes()
    with pytest.raises(ValueError, match="read-only"):
        decoded[0] = 0


def test_a_view_of_a_larger_array_is_stored_as_what_it_shows() -> None:
    matrix = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert decode(encode(matrix[:, 1]), feature(1)) == pytest.approx([1, 4])


def test_a_translation_comes_back_as_it_was() -> None:
    result = Translation((5, 6, 7), -0.25)
    decoded = decode(encode(result), translate(1))
    assert decoded == result
    assert isinstance(decoded, Translation)


@pytest.mark.parametrize("job", [fill_mask(1), feature(1), translate(1)])
@pytest.mark.parametrize("content", [b"\xc1", b"\x93\x01", b"\xff\xff\xff"])
def test_what_is_no_result_is_refused(job: object, content: bytes) -> None:
    with pytest.raises((ValueError, DecodeError)):
        decode(content, job)  # type: ignore[arg-type]


def test_a_result_with_another_number_of_masks_is_refused() -> None:
    with pytest.raises(ValueError, match="0 rows for 1 masks"):
        decode(encode(()), fill_mask(1))
