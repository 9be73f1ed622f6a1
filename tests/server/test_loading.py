from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

from bert_server.bundle.fingerprint import combined_fingerprint, file_sha256, fingerprint_of
from bert_server.bundle.manifest import MANIFEST_FILE, EncoderManifest, Precision, Task
from bert_server.bundle.reading import read_manifest
from bert_server.errors import BundleError, SelfTestError
from bert_server.inference.jobs import FeatureJob, Pooling
from bert_server.loading import WARM_UP_TOKENS, golden_checks, load, warm_up_steps
from bert_server.models import EncoderModel, Models
from bert_server.packaging.order import Order
from bert_server.packaging.package import package
from bert_server.settings import Settings
from examples.models.build import bundle
from examples.models.texts import CLOZE_FILE
from examples.models.variants import Variant


@pytest.fixture(scope="module")
def bundle_with_checkpoint(good_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bundles") / "with-checkpoint"
    order = Order(str(good_checkpoint), out, CLOZE_FILE, "demo", precisions=(Precision.FP32,), with_checkpoint=True)
    package(order)
    return out


def verify_golden(models: Models) -> None:
    for check in golden_checks(models):
        check()


def test_several_bundles_are_served_in_their_order_under_one_fingerprint(good_bundle: Path) -> None:
    steps: list[str] = []
    models = load(Settings(bundle=(good_bundle, bundle(Variant.IMPROVED))), steps.append)
    assert [model.manifest.name for model in models.all] == ["demo-good", "demo-improved"]
    assert models.encoder_for(Task.FILL_MASK) is models.all[0]
    assert models.fingerprint == combined_fingerprint(model.manifest.fingerprint for model in models.all)
    assert steps[0] == "verifying the bundle"
    assert "compiling demo-improved" in steps
    verify_golden(models)


def test_bundles_of_the_same_name_are_refused_with_both_places(good_bundle: Path) -> None:
    with pytest.raises(BundleError, match="are both called 'demo-good', by which requests name a model"):
        _load(good_bundle, good_bundle)


def test_another_fingerprint_than_the_release_expects_is_refused_with_both(good_bundle: Path) -> None:
    expected, found = "sha256:" + "0" * 64, read_manifest(good_bundle).fingerprint
    with pytest.raises(BundleError, match=f"expected {expected}, found {found}"):
        load(Settings(bundle=(good_bundle,), expected_fingerprint=expected), lambda step: None)


def test_a_graph_that_openvino_cannot_read_is_a_fault_of_the_bundle(bundle_directory_of_nonsense: Path) -> None:
    with pytest.raises(BundleError, match=r"OpenVINO cannot compute .* on this machine"):
        _load(bundle_directory_of_nonsense)


def test_a_model_that_answers_otherwise_than_recorded_fails_the_check(good_bundle: Path) -> None:
    (model,) = _load(good_bundle).all
    assert isinstance(model, EncoderModel)
    golden = (model.manifest.golden[0].model_copy(update={"token": "火锅"}), *model.manifest.golden[1:])
    manifest = model.manifest.model_copy(update={"golden": golden})
    with pytest.raises(SelfTestError, match="recorded is '火锅'"):
        verify_golden(Models([EncoderModel(manifest, model.tokenizer, model.runner, model.engine)]))


def test_every_size_that_the_model_takes_can_be_warmed_up(good_bundle: Path) -> None:
    models = _load(good_bundle)
    steps = warm_up_steps(models)
    assert len(steps) == len(WARM_UP_TOKENS)
    for step in steps:
        step()
    verify_golden(models)


@pytest.mark.parametrize("precision", ["int8", "bf16"])
def test_every_precision_of_a_bundle_passes_its_golden_prompts(good_bundle: Path, precision: str) -> None:
    models = load(Settings(bundle=(good_bundle,), precision=precision), lambda step: None)
    assert isinstance(models.all[0], EncoderModel)
    assert models.all[0].engine["precision"] == precision


def test_the_choice_and_the_compiled_model_are_kept_for_the_next_start(good_bundle: Path, tmp_path: Path) -> None:
    settings = Settings(bundle=(good_bundle,), cache_dir=tmp_path)
    first, second = (load(settings, lambda step: None).all[0].engine for _ in range(2))
    assert "a layer of 32 tokens takes" in first["chosen_because"]
    assert second == first
    assert len(list(tmp_path.glob("engine-choice-*.json"))) == 1
    assert list(tmp_path.glob("*.blob"))


def test_torch_gives_the_vectors_of_openvino(bundle_with_checkpoint: Path) -> None:
    job = FeatureJob("demo", np.arange(5, 25, dtype=np.int64), Pooling.MEAN)
    vectors = {}
    for engine in ("torch", "openvino"):
        (model,) = load(Settings(bundle=(bundle_with_checkpoint,), engine=engine), lambda step: None).all
        assert isinstance(model, EncoderModel)
        assert model.engine["name"] == engine
        (vectors[engine],) = model.runner.run([job])
    assert vectors["torch"] == pytest.approx(vectors["openvino"], abs=1e-4)


def test_torch_takes_over_where_openvino_fails(bundle_with_checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **options: object) -> None:
        raise RuntimeError("no kernel")

    monkeypatch.setattr("bert_server.engines.openvino.OpenVinoEngine", refuse)
    (model,) = _load(bundle_with_checkpoint).all
    assert (model.engine["name"], model.engine["device"]) == ("torch", "cpu")
    assert model.engine["chosen_because"] == "OpenVINO does not work on this machine"


@pytest.fixture
def bundle_directory_of_nonsense(good_bundle: Path, tmp_path: Path) -> Path:
    """Everything is as the manifest says, and the graph is none."""
    directory = copytree(good_bundle, tmp_path / "nonsense")
    manifest = read_manifest(directory)
    assert isinstance(manifest, EncoderManifest)
    for precision in manifest.precisions:
        (directory / precision.graph_file).write_text("<net/>")
    files = {name: file_sha256(directory / name) for name in manifest.files}
    fingerprint = fingerprint_of(files=files, tasks=manifest.tasks, deciding=manifest.deciding())
    changed = manifest.model_copy(update={"files": files, "fingerprint": fingerprint})
    (directory / MANIFEST_FILE).write_text(changed.model_dump_json())
    return directory


def _load(*bundles: Path) -> Models:
    return load(Settings(bundle=bundles), lambda step: None)
