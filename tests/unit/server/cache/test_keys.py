from dataclasses import replace
from typing import Any

import numpy as np

from bert_server.cache.keys import CacheKeys, ModelScope
from bert_server.inference.jobs import FillMaskJob, Job, Pooling, TranslateJob
from tests.unit.server.cache.jobs import KEYS, feature, fill_mask, translate

JOB = FillMaskJob("toy", np.array([101, 103, 102], dtype=np.int64), (1,), 5, (7, 8))


def test_a_key_is_the_same_in_every_process_and_for_ever() -> None:
    """If this fails, shared caches go cold with this version: raise FORMAT_VERSION, and state the new key here."""
    assert KEYS.of(JOB).hex() == "188f41238859676c86679f0ec7e2f69b218daff8"


def test_every_part_of_a_job_counts() -> None:
    others: list[Job] = [
        replace(JOB, token_ids=np.array([101, 103, 103], dtype=np.int64)),
        replace(JOB, mask_positions=(2,)),
        replace(JOB, mask_positions=(1, 5), top_k=7, candidates=(8,)),
        replace(JOB, top_k=6),
        replace(JOB, candidates=(7,)),
        replace(JOB, candidates=(8, 7)),
        replace(JOB, model="other"),
        fill_mask(1),
        feature(1),
        feature(1, pooling=Pooling.MEAN),
        translate(1),
        translate(1, length_penalty=1.5),
        replace(translate(1), beam_size=5),
        replace(translate(1), max_output_tokens=5),
    ]
    assert len({KEYS.of(job) for job in [JOB, *others]}) == len(others) + 1


def test_the_bundle_and_the_way_of_computing_count_and_the_models_name_does_not() -> None:
    def key(name: str, fingerprint: str, execution: str) -> bytes:
        return CacheKeys({name: ModelScope(fingerprint, execution)}).of(replace(JOB, model=name))

    assert key("toy", "f", "int8") == key("renamed", "f", "int8")
    assert len({key("toy", *scope) for scope in [("f", "int8"), ("g", "int8"), ("f", "bf16"), ("fi", "nt8")]}) == 4


def test_how_token_ids_lie_in_memory_does_not_matter() -> None:
    wide = np.array([[101, 0], [103, 0], [102, 0]], dtype=np.int64)
    big_endian = np.array([101, 103, 102], dtype=">i8")
    narrow: Any = np.array([101, 103, 102], dtype=np.int32)
    same = [wide[:, 0], big_endian, narrow]
    assert {KEYS.of(replace(JOB, token_ids=ids)) for ids in same} == {KEYS.of(JOB)}


def test_an_exponent_given_as_an_integer_is_the_same_exponent() -> None:
    job = TranslateJob("toy", np.array([1], dtype=np.int64), 4, 128, 1)
    assert KEYS.of(job) == KEYS.of(replace(job, length_penalty=1.0))
