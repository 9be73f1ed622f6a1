import numpy as np
import pytest

from bert_server.inference.jobs import FeatureJob, Pooling
from bert_server.models import EncoderModel
from bert_server.tasks.errors import InputError
from bert_server.tasks.features import Features, extract_features, unit_vector
from bert_server.tasks.resources import Resources
from bert_server.tasks.similarity import compare, similarity
from tests.unit.server.tasks.conftest import Immediate

pytestmark = pytest.mark.usefixtures("call")

# The toy's vector counts tokens by their id modulo 4; [CLS] is 2 and [SEP] is 3.
VECTOR = [0, 1, 2, 1]  # of 天地


async def _features(
    model: EncoderModel, resources: Resources, *texts: str, normalize: bool = False, truncate: bool = False
) -> Features:
    return await extract_features(
        model, texts, pooling=Pooling.MEAN, normalize=normalize, truncate=truncate, resources=resources
    )


async def test_each_text_gets_its_vector_and_its_number_of_tokens(
    model: EncoderModel, resources: Resources, inference: Immediate
) -> None:
    features = await _features(model, resources, "天地", "人")
    assert [vector.tolist() for vector in features.vectors] == [VECTOR, [0, 0, 1, 2]]
    assert features.tokens == [4, 3]
    ((job, _),) = inference.calls
    assert isinstance(job, FeatureJob)
    assert job.pooling is Pooling.MEAN


async def test_a_normalised_vector_has_length_one(model: EncoderModel, resources: Resources) -> None:
    (vector,) = (await _features(model, resources, "天地", normalize=True)).vectors
    assert np.linalg.norm(vector) == pytest.approx(1)
    assert vector.dtype == np.float32
    assert vector / vector[1] == pytest.approx(np.array(VECTOR))


def test_a_vector_of_zeros_stays_one() -> None:
    assert unit_vector(np.zeros(3, np.float32)).tolist() == [0, 0, 0]


async def test_a_text_that_is_too_long_is_refused_with_limit_and_actual(
    model: EncoderModel, resources: Resources
) -> None:
    with pytest.raises(InputError) as caught:
        await _features(model, resources, "天", "天" * 15)
    assert (caught.value.index, caught.value.limit, caught.value.actual) == (1, 16, 17)


async def test_a_text_that_may_be_cut_loses_its_end_but_not_its_frame(
    model: EncoderModel, resources: Resources, inference: Immediate
) -> None:
    features = await _features(model, resources, "天", "上" + "天" * 14, truncate=True)
    assert (features.truncated, features.tokens) == ([1], [3, 16])
    ((_, job),) = inference.calls
    assert job.token_ids.tolist() == [2, 5, *[9] * 13, 3]


async def test_one_text_is_compared_with_many_in_one_call(
    model: EncoderModel, resources: Resources, inference: Immediate
) -> None:
    found = await compare(
        model, "天地", ["地天", "天地", "人"], pooling=Pooling.MEAN, truncate=False, resources=resources
    )
    assert found.scores == [1, 1, pytest.approx(4 / np.sqrt(6 * 5), abs=1e-6)]
    assert found.truncated == []
    assert len(inference.calls) == 1


async def test_in_a_comparison_the_text_itself_has_index_0(model: EncoderModel, resources: Resources) -> None:
    too_long = "天" * 15
    found = await compare(model, too_long, ["天", too_long], pooling=Pooling.CLS, truncate=True, resources=resources)
    assert found.truncated == [0, 2]


@pytest.mark.parametrize(
    ("second", "expected"),
    [([1, 0], 1), ([5, 0], 1), ([0, 2], 0), ([-1, 0], 0), ([1, 1], 0.707107), ([0, 0], 0), ([3e38, 3e38], 0.707107)],
)
def test_similarity_is_the_cosine_and_never_below_zero(second: list[float], expected: float) -> None:
    assert similarity(np.array([1, 0], np.float32), np.array(second, np.float32)) == expected
