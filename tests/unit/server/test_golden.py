from pathlib import Path

import pytest

from bert_server.bundle.golden import record, verify
from bert_server.bundle.manifest import GoldenPrompt
from bert_server.bundle.reading import read_manifest
from bert_server.errors import SelfTestError
from bert_server.tasks.fill_mask import FillMask


def test_a_model_reproduces_its_own_answers(task: FillMask, bundle_directory: Path) -> None:
    manifest = read_manifest(bundle_directory)
    assert [prompt.token for prompt in manifest.golden] == ["下", "地"]
    verify(task, manifest)


@pytest.mark.parametrize("change", [{"token": "火"}, {"score": 0.5}])
def test_another_answer_is_refused_with_the_prompt(
    task: FillMask, bundle_directory: Path, change: dict[str, object]
) -> None:
    manifest = read_manifest(bundle_directory)
    golden = (manifest.golden[0].model_copy(update=change), *manifest.golden[1:])
    with pytest.raises(SelfTestError, match=f"{manifest.golden[0].text[:1]}.*recorded is"):
        verify(task, manifest.model_copy(update={"golden": golden}))


def test_only_texts_with_one_mask_are_recorded_and_no_more_than_asked_for(task: FillMask) -> None:
    recorded = record(task, ["上[MASK]天[MASK]", "上[MASK]", "上[MASK]", "天[MASK]"], count=1)
    assert len(recorded) == 1
    assert isinstance(recorded[0], GoldenPrompt)
