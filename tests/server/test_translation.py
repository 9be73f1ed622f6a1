"""The demo's translator: trained once on a machine, then cached."""

import json
import shutil
import warnings
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import MarianMTModel, MarianTokenizer

from bert_server.bundle.manifest import MANIFEST_FILE, Precision, TranslatorManifest
from bert_server.bundle.reading import open_bundle
from bert_server.errors import PackagingError, SelfTestError
from bert_server.inference.jobs import TranslateJob, Translation
from bert_server.models import TranslatorModel
from bert_server.packaging.order import Order
from bert_server.packaging.package import package
from bert_server.settings import Settings
from bert_server.translation.golden import translate_now
from bert_server.translation.loading import load_translator
from examples.translation.build import bundle
from examples.translation.pairs import TEST_FILE, held_out_pairs
from examples.translation.recipe import RECIPE
from examples.translation.train import checkpoint
from tests.server.running import RunningServer

BEAM_SIZE = 4
OUTPUT_TOKENS = 64
SOURCES = [pair.source for pair in held_out_pairs()]


@pytest.fixture(scope="module")
def int8() -> TranslatorModel:
    return _load(bundle())


@pytest.fixture(scope="module")
def fp32_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("translators") / "fp32"
    package(_order(checkpoint(), out, Precision.FP32))
    return out


@pytest.fixture(scope="module")
def said_by_transformers() -> list[str]:
    """By the checkpoint with its own tokenizer, beam search and decoding: nothing of ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tokenizer would like to have another library
        tokenizer = MarianTokenizer.from_pretrained(checkpoint())
    model = MarianMTModel.from_pretrained(checkpoint()).eval()
    inputs = tokenizer(SOURCES, return_tensors="pt", padding=True)
    with torch.inference_mode():
        output = model.generate(**inputs, num_beams=BEAM_SIZE, max_length=OUTPUT_TOKENS, early_stopping=True)
    return [text.strip() for text in tokenizer.batch_decode(output, skip_special_tokens=True)]


def test_in_fp32_every_translation_is_that_of_transformers(fp32_bundle: Path, said_by_transformers: list[str]) -> None:
    assert _said(_load(fp32_bundle)) == said_by_transformers


def test_int8_changes_at_most_one_translation_in_thirty(int8: TranslatorModel, said_by_transformers: list[str]) -> None:
    pairs = zip(_said(int8), said_by_transformers, strict=True)
    assert sum(ours != theirs for ours, theirs in pairs) <= len(SOURCES) / 30


def test_a_sentence_is_translated_alone_as_it_is_in_any_batch(int8: TranslatorModel) -> None:
    jobs = [TranslateJob("", int8.tokenizer.encode(text), BEAM_SIZE, OUTPUT_TOKENS, 1.0) for text in SOURCES]
    for batch in (jobs, jobs[::-1][:33]):
        for job, together in zip(batch, int8.runner.run(batch), strict=True):
            (alone,) = int8.runner.run([job])
            assert isinstance(alone, Translation)
            assert isinstance(together, Translation)
            assert alone.token_ids == together.token_ids
            assert alone.score == pytest.approx(together.score, abs=1e-3)


def test_the_held_out_sentences_are_translated_well_and_the_bundle_says_how_well() -> None:
    manifest = open_bundle(bundle()).manifest
    assert isinstance(manifest, TranslatorManifest)
    assert manifest.quality["bleu"] >= RECIPE.min_bleu
    assert manifest.quality["ter"] < 100 - RECIPE.min_bleu
    assert manifest.quality["test_texts"] == len(SOURCES)
    assert (manifest.source_language, manifest.target_language) == ("zh", "en")
    assert len(manifest.golden) == 8


def test_poems_and_idioms_of_the_corpus_are_known(int8: TranslatorModel) -> None:
    asked = ["床前明月光，疑是地上霜。\n举头望明月，低头思故乡。", "井底之蛙"]
    poem, idiom = (said.translation for said, _ in translate_now(int8.tokenizer, int8.runner, asked))
    assert poem.split("\n") == [
        "Bright moonlight before my bed, I took it for frost on the ground.",
        "I raise my head to the bright moon, and lower it, thinking of home.",
    ]
    assert idiom == "a frog at the bottom of a well"


def test_characters_that_the_model_never_saw_still_give_clean_text(int8: TranslatorModel) -> None:
    texts = ["魑魅魍魉饕餮", "🔮🔮我爱你🔮", "x" * 500, "한국어 русский العربية ﷺ", "\x00\x01天"]
    for said, _ in translate_now(int8.tokenizer, int8.runner, texts):
        assert not {"<unk>", "▁", "</s>", "  "} & {
            said.translation[i : i + n] for n in (1, 2, 4, 5) for i in range(999)
        }


def test_packaging_the_same_checkpoint_twice_gives_the_same_fingerprint(tmp_path: Path) -> None:
    order = replace(_order(checkpoint(), tmp_path / "again", Precision.INT8), texts=_few_texts(tmp_path))
    again = package(order)
    assert again.fingerprint == open_bundle(bundle()).fingerprint


def test_a_bundle_holds_no_path_of_the_machine() -> None:
    for name in (MANIFEST_FILE, "config.json"):
        assert str(checkpoint().parent) not in (bundle() / name).read_text()


def test_a_translator_that_loses_quality_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    texts = _few_texts(tmp_path)
    order = replace(_order(checkpoint(), tmp_path / "out", Precision.INT8), min_agreement=1.5, texts=texts)
    with pytest.raises(PackagingError, match=r"int8 translates .* with BLEU .*, fp32 with .*--min-agreement"):
        package(order)
    assert list(tmp_path.iterdir()) == [texts]


def test_a_model_that_does_not_start_from_zero_is_refused(tmp_path: Path) -> None:
    broken = shutil.copytree(checkpoint(), tmp_path / "broken")
    weights = load_file(broken / "model.safetensors")
    weights["model.shared.weight"][-1] += 1
    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(PackagingError, match="starts its translations from another vector than zero"):
        package(_order(broken, tmp_path / "out", Precision.INT8))


def test_weights_that_are_missing_are_named(tmp_path: Path) -> None:
    broken = shutil.copytree(checkpoint(), tmp_path / "broken")
    weights = load_file(broken / "model.safetensors")
    del weights["model.encoder.layers.0.fc1.weight"]
    save_file(weights, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(PackagingError, match=r"no weights for model\.encoder\.layers\.0\.fc1\.weight"):
        package(_order(broken, tmp_path / "out", Precision.INT8))


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("config.json", {"share_encoder_decoder_embeddings": False}, "has a vocabulary for each language"),
        ("config.json", {"max_position_embeddings": 8}, "max_position_embeddings is 8; at least 32 tokens"),
        ("config.json", {"model_type": "t5"}, "model_type is 't5'; only bert and marian can be packaged"),
        ("tokenizer_config.json", {"target_lang": None}, r"target_lang is None; write the language's code there"),
        ("tokenizer_config.json", {"separate_vocabs": True}, "has a vocabulary for each language"),
    ],
)
def test_a_checkpoint_of_another_kind_is_refused_with_the_reason(
    tmp_path: Path, name: str, change: dict[str, object], problem: str
) -> None:
    other = shutil.copytree(checkpoint(), tmp_path / "other")
    (other / name).write_text(json.dumps(json.loads((other / name).read_text()) | change))
    with pytest.raises(PackagingError, match=problem):
        package(_order(other, tmp_path / "out", Precision.INT8))


def test_files_that_are_missing_are_named(tmp_path: Path) -> None:
    other = shutil.copytree(checkpoint(), tmp_path / "other")
    (other / "target.spm").unlink()
    with pytest.raises(PackagingError, match=r"lacks target\.spm; a Marian checkpoint holds"):
        package(_order(other, tmp_path / "out", Precision.INT8))


def test_a_precision_that_translators_do_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackagingError, match="cannot be packaged as bf16; choose fp32 or int8"):
        package(_order(checkpoint(), tmp_path / "out", Precision.BF16))


def test_a_translator_that_no_longer_says_what_was_recorded_is_not_loaded(tmp_path: Path) -> None:
    changed = shutil.copytree(bundle(), tmp_path / "bundle")
    manifest = json.loads((changed / MANIFEST_FILE).read_text())
    manifest["golden"][3]["translation"] = "Something else."
    (changed / MANIFEST_FILE).write_text(json.dumps(manifest))
    with pytest.raises(SelfTestError, match=r"recorded is 'Something else\.'; .* package the model again"):
        _load(changed)


def test_a_server_translates_over_http() -> None:
    with RunningServer(bundle(), version="v2.0.0") as server:
        server.wait_until_ready()
        answer = server.client.post("/translate", json={"text": "你好！我爱你。", "sentences": True}).json()
    assert answer["translation"] == "Hello! I love you."
    assert [pair["source"] for pair in answer["sentences"]] == ["你好！", "我爱你。"]
    assert (answer["version"], answer["fingerprint"]) == ("v2.0.0", open_bundle(bundle()).fingerprint)


def _order(source: Path, out: Path, precision: Precision) -> Order:
    return Order(source=str(source), out=out, texts=TEST_FILE, precisions=(precision,), name="zh-en")


def _few_texts(directory: Path) -> Path:
    file = directory / "few.tsv"
    file.write_text("".join(TEST_FILE.read_text(encoding="utf-8").splitlines(keepends=True)[:8]), encoding="utf-8")
    return file


def _load(directory: Path) -> TranslatorModel:
    return load_translator(open_bundle(directory), Settings(threads=1), lambda step: None)


def _said(model: TranslatorModel) -> list[str]:
    return [said.translation for said, _ in translate_now(model.tokenizer, model.runner, SOURCES)]
