"""Trains a small Marian model on the pairs, from random weights."""

import io
import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import sentencepiece
import torch
from torch import Tensor, nn
from transformers import MarianConfig, MarianMTModel, MarianTokenizer

from examples.translation.grammar import Pair
from examples.translation.pairs import training_pairs
from examples.translation.recipe import Recipe

END, UNKNOWN, PADDING = "</s>", "<unk>", "<pad>"
END_ID = 0
IGNORED = -100  # what the loss takes as "no target here"
SOURCE_PIECES, TARGET_PIECES = 1000, 1400
# Longer pieces would be whole phrases of the patterns, and a word within one would be known in that phrase only.
LONGEST_SOURCE_PIECE, LONGEST_TARGET_PIECE = 3, 16
MAX_TOKENS = 128
HIDDEN_SIZE, ENCODER_LAYERS, DECODER_LAYERS, HEADS, INTERMEDIATE_SIZE = 128, 2, 2, 4, 384
PEAK_LEARNING_RATE = 2e-3
LABEL_SMOOTHING = 0.05
WRITTEN_REPEATS = 5  # each of them stands alone, while a pattern has many sentences
SORTED_BATCHES = 16  # sentences of similar length share a batch: taken in order of length from so many batches
_ENDS = "。！？，"

Example = tuple[list[int], list[int]]


class Trainer:
    """One model in training."""

    def __init__(self, recipe: Recipe) -> None:
        # One thread: sums are added up in the same order on every machine, and a busy machine slows nothing twice.
        torch.set_num_threads(1)
        torch.manual_seed(recipe.seed)
        self._recipe = recipe
        self._random = torch.Generator().manual_seed(recipe.seed)
        written, generated = training_pairs()
        self.tokenizer = make_tokenizer([*written * WRITTEN_REPEATS, *generated])
        self.model = _make_model(len(self.tokenizer), self._padding_id)
        pairs = [*(written + _bare(written)) * WRITTEN_REPEATS, *generated, *_bare(generated[::3])]
        self._examples = [self._example(pair) for pair in pairs]

    def run(self, on_step: Callable[[], object]) -> None:
        optimizer = torch.optim.AdamW(self.model.parameters(), betas=(0.9, 0.98), weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, PEAK_LEARNING_RATE, total_steps=self._recipe.steps, pct_start=0.1
        )
        self.model.train()
        batches = self._batches()
        for _ in range(self._recipe.steps):
            optimizer.zero_grad()
            self._loss(*next(batches)).backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            on_step()
        self.model.eval()

    def save(self, directory: Path) -> None:
        self.model.save_pretrained(directory)
        self.tokenizer.save_pretrained(directory)

    @property
    def _padding_id(self) -> int:
        return int(self.tokenizer.pad_token_id)

    def _loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        logits = self.model(inputs, attention_mask=(inputs != self._padding_id).long(), labels=targets).logits
        asked = targets != IGNORED
        # Padding, the last token, is never said: without its logit its embedding, from which decoding starts, stays
        # zero, which is what Marian's own models have and CTranslate2 takes for granted.
        return nn.functional.cross_entropy(logits[asked][:, :-1], targets[asked], label_smoothing=LABEL_SMOOTHING)

    def _batches(self) -> Iterator[tuple[Tensor, Tensor]]:
        """For ever, two tensors of the shape (sentences, longest): the source, and the target."""
        size = self._recipe.batch_size
        while True:
            order = torch.randperm(len(self._examples), generator=self._random).tolist()
            for begin in range(0, len(order), size * SORTED_BATCHES):
                group = [self._examples[place] for place in order[begin : begin + size * SORTED_BATCHES]]
                group.sort(key=lambda example: len(example[0]))
                chunks = [group[place : place + size] for place in range(0, len(group), size)]
                for chosen in torch.randperm(len(chunks), generator=self._random).tolist():
                    yield self._tensors(chunks[chosen])

    def _tensors(self, examples: Sequence[Example]) -> tuple[Tensor, Tensor]:
        return (
            _padded([source for source, _ in examples], self._padding_id),
            _padded([target for _, target in examples], IGNORED),
        )

    def _example(self, pair: Pair) -> Example:
        encoded = self.tokenizer(pair.source, text_target=pair.target)
        return list(encoded["input_ids"]), list(encoded["labels"])


def make_tokenizer(pairs: Sequence[Pair]) -> MarianTokenizer:
    """SentencePiece models of both languages, and one vocabulary of the pieces of both."""
    source = _train_pieces([pair.source for pair in pairs], SOURCE_PIECES, LONGEST_SOURCE_PIECE)
    target = _train_pieces([pair.target for pair in pairs], TARGET_PIECES, LONGEST_TARGET_PIECE)
    vocabulary = dict.fromkeys([END, UNKNOWN, *_pieces(source), *_pieces(target), PADDING])
    with tempfile.TemporaryDirectory() as scratch:
        files = {name: Path(scratch) / name for name in ("source.spm", "target.spm", "vocab.json")}
        files["source.spm"].write_bytes(source)
        files["target.spm"].write_bytes(target)
        files["vocab.json"].write_text(json.dumps({piece: number for number, piece in enumerate(vocabulary)}))
        return MarianTokenizer(
            *(str(file) for file in files.values()), source_lang="zh", target_lang="en", model_max_length=MAX_TOKENS
        )


def _train_pieces(sentences: Sequence[str], count: int, longest: int) -> bytes:
    """A SentencePiece model with every character of the sentences, and words as far as `count` goes."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(sentences),
        model_writer=model,
        vocab_size=count,
        max_sentencepiece_length=longest,
        character_coverage=1.0,
        hard_vocab_limit=False,
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()


def _pieces(model: bytes) -> list[str]:
    processor = sentencepiece.SentencePieceProcessor(model_proto=model)
    numbers = range(processor.get_piece_size())
    return [processor.id_to_piece(n) for n in numbers if not processor.is_control(n) and not processor.is_unknown(n)]


def _bare(pairs: Sequence[Pair]) -> list[Pair]:
    """Without the mark at the end, as people type; the translations keep theirs."""
    return [Pair(pair.source.rstrip(_ENDS), pair.target) for pair in pairs if pair.source[-1] in _ENDS]


def _padded(rows: Sequence[list[int]], filler: int) -> Tensor:
    longest = max(len(row) for row in rows)
    return torch.tensor([row + [filler] * (longest - len(row)) for row in rows])


def _make_model(vocabulary_size: int, padding_id: int) -> MarianMTModel:
    config = MarianConfig(
        vocab_size=vocabulary_size,
        d_model=HIDDEN_SIZE,
        encoder_layers=ENCODER_LAYERS,
        decoder_layers=DECODER_LAYERS,
        encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS,
        encoder_ffn_dim=INTERMEDIATE_SIZE,
        decoder_ffn_dim=INTERMEDIATE_SIZE,
        max_position_embeddings=MAX_TOKENS,
        activation_function="swish",
        scale_embedding=True,
        dropout=0.1,
        pad_token_id=padding_id,
        decoder_start_token_id=padding_id,
        eos_token_id=END_ID,
        forced_eos_token_id=END_ID,
        bos_token_id=END_ID,
    )
    model = MarianMTModel(config)
    with torch.no_grad():
        model.get_input_embeddings().weight[padding_id].zero_()
    for part in (model.get_encoder(), model.get_decoder()):
        # They are computed, not learnt, and a checkpoint does not hold them: learning would be lost with it.
        part.embed_positions.weight.requires_grad_(False)
    model.generation_config.update(num_beams=4, max_length=MAX_TOKENS, bad_words_ids=[[padding_id]])
    return model
