"""From a bundle to a translator that has proven itself."""

from collections.abc import Callable

from bert_server.bundle.manifest import TranslatorManifest
from bert_server.bundle.reading import Bundle
from bert_server.cpu import usable_cpus
from bert_server.engines.ctranslate import CTranslate2Engine
from bert_server.models import TranslatorModel
from bert_server.runners.translator import TranslatorRunner
from bert_server.settings import Settings
from bert_server.translation import golden
from bert_server.translation.tokenization import TranslationTokenizer


def load_translator(bundle: Bundle, settings: Settings, on_step: Callable[[str], object]) -> TranslatorModel:
    """`bundle` is a translator's, and verified. Raises BundleError or SelfTestError.

    The golden translations also warm the engine up.
    """
    manifest = bundle.manifest
    if not isinstance(manifest, TranslatorManifest):
        raise TypeError(f"{manifest.name} is no translator")
    on_step(f"loading {manifest.name}")
    threads = settings.threads or usable_cpus()
    tokenizer = TranslationTokenizer(bundle.directory, max_tokens=manifest.max_tokens)
    engine = CTranslate2Engine(bundle.directory, manifest.precision, threads=threads)
    runner = TranslatorRunner(tokenizer, engine)
    on_step(f"asking {manifest.name} for its golden translations")
    golden.verify(tokenizer, runner, manifest)
    return TranslatorModel(manifest, tokenizer, runner, engine.describe())
