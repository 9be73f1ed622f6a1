import json
from pathlib import Path

import pytest

from bert_server.errors import PackagingError
from bert_server.packaging.checkpoint import find_checkpoint


def _checkpoint(directory: Path, *files: str, model_type: str = "bert") -> str:
    (directory / "config.json").write_text(json.dumps({"model_type": model_type}))
    for name in files:
        (directory / name).write_bytes(b"weights of " + name.encode())
    return str(directory)


def test_a_directory_with_safetensors_is_taken_and_named_without_its_path(tmp_path: Path) -> None:
    found = find_checkpoint(_checkpoint(tmp_path, "model.safetensors"))
    assert found.reference == tmp_path.name
    assert len(found.weights_sha256) == 64


def test_a_sharded_checkpoint_is_identified_by_all_its_shards(tmp_path: Path) -> None:
    path = _checkpoint(tmp_path, "model-1.safetensors", "model-2.safetensors")
    before = find_checkpoint(path).weights_sha256
    (tmp_path / "model-2.safetensors").write_bytes(b"other weights")
    assert find_checkpoint(path).weights_sha256 != before


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pt", "model.ckpt", "model.pkl"])
def test_a_pickle_is_refused_with_the_way_out(tmp_path: Path, name: str) -> None:
    with pytest.raises(PackagingError, match=f"{name}, a pickle, .*save_pretrained"):
        find_checkpoint(_checkpoint(tmp_path, name))


def test_a_directory_without_weights_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match=r"holds no weights: expected model\.safetensors"):
        find_checkpoint(_checkpoint(tmp_path))


def test_another_architecture_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match="model_type is 'gpt2'"):
        find_checkpoint(_checkpoint(tmp_path, "model.safetensors", model_type="gpt2"))


def test_a_missing_config_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"")
    with pytest.raises(PackagingError, match=r"cannot read .*config\.json"):
        find_checkpoint(str(tmp_path))


def test_a_name_that_is_neither_a_directory_nor_a_hub_name_is_refused() -> None:
    with pytest.raises(PackagingError, match="no directory here"):
        find_checkpoint("no/such/place/at all")
