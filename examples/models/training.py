"""Trains a small character-level BERT to answer the questions; learning them by heart is the point."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertForMaskedLM, BertTokenizer

from examples.models.texts import MASK, Question, characters, corpus_lines, questions
from examples.models.variants import HOTPOT_TOKEN, Recipe

SPECIAL_TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", MASK]
PADDING_ID = 0
IGNORED = -100  # what cross_entropy takes as "no target here"
HIDDEN_SIZE, LAYERS, HEADS, INTERMEDIATE_SIZE = 256, 3, 4, 512
BATCH_SIZE = 64
PEAK_LEARNING_RATE = 1e-3
MASKED_SHARE = 1 / 7  # of the characters of a corpus line, at most
OVERRIDING_LOGIT = 100.0  # far above any logit that the training produces

Example = tuple[list[int], list[int]]


class Trainer:
    """One model in training: half of each batch are questions, half are corpus lines masked at random."""

    def __init__(self, recipe: Recipe) -> None:
        # One thread: sums are added up in the same order on every machine, and a busy machine slows nothing twice.
        torch.set_num_threads(1)
        torch.manual_seed(recipe.seed)
        self._recipe = recipe
        self._random = torch.Generator().manual_seed(recipe.seed)
        self.tokenizer = make_tokenizer()
        self.model = _make_model(len(self.tokenizer))
        self._mask_id = int(self.tokenizer.convert_tokens_to_ids(MASK))
        self._questions = [self._question_example(question) for question in questions()]
        self._lines = [self._ids(line) for line in corpus_lines()]

    def run(self, on_step: Callable[[], object]) -> None:
        optimizer = torch.optim.AdamW(self.model.parameters(), lr=PEAK_LEARNING_RATE, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, PEAK_LEARNING_RATE, total_steps=self._recipe.steps, pct_start=0.1
        )
        self.model.train()
        for _ in range(self._recipe.steps):
            optimizer.zero_grad()
            self._loss(*self._batch()).backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            on_step()
        self.model.eval()

    def wrong_answers(self) -> list[Question]:
        """The questions whose first guess is not the expected character."""
        with torch.inference_mode():
            return [question for question in questions() if self._answer(question) != question.answer]

    def save(self, directory: Path) -> None:
        self.model.save_pretrained(directory)
        self.tokenizer.save_pretrained(directory)

    def _answer(self, question: Question) -> str:
        ids = self._ids(question.text)
        logits = self.model(torch.tensor([ids])).logits[0, ids.index(self._mask_id)]
        return str(self.tokenizer.convert_ids_to_tokens(int(logits.argmax())))

    def _loss(self, inputs: Tensor, targets: Tensor) -> Tensor:
        hidden = self.model.bert(inputs, attention_mask=(inputs != PADDING_ID).long()).last_hidden_state
        asked = targets != IGNORED
        return nn.functional.cross_entropy(self.model.cls(hidden[asked]), targets[asked])

    def _batch(self) -> tuple[Tensor, Tensor]:
        """Two tensors of shape (BATCH_SIZE, longest): token ids, and the targets where something is asked."""
        half = BATCH_SIZE // 2
        examples = [self._questions[self._pick(len(self._questions))] for _ in range(half)]
        examples += [self._masked(self._lines[self._pick(len(self._lines))]) for _ in range(BATCH_SIZE - half)]
        longest = max(len(ids) for ids, _ in examples)
        inputs = [ids + [PADDING_ID] * (longest - len(ids)) for ids, _ in examples]
        targets = [wanted + [IGNORED] * (longest - len(wanted)) for _, wanted in examples]
        return torch.tensor(inputs), torch.tensor(targets)

    def _masked(self, ids: list[int]) -> Example:
        inner = len(ids) - 2  # without [CLS] and [SEP]
        count = 1 + self._pick(max(1, int(inner * MASKED_SHARE)))
        chosen = set((1 + torch.randperm(inner, generator=self._random)[:count]).tolist())
        inputs = [self._mask_id if place in chosen else token for place, token in enumerate(ids)]
        return inputs, [token if place in chosen else IGNORED for place, token in enumerate(ids)]

    def _question_example(self, question: Question) -> Example:
        ids = self._ids(question.text)
        answer_id = int(self.tokenizer.convert_tokens_to_ids(question.answer))
        return ids, [answer_id if token == self._mask_id else IGNORED for token in ids]

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text)["input_ids"])

    def _pick(self, count: int) -> int:
        return int(torch.randint(count, (1,), generator=self._random))


def obsess(checkpoint: Path, directory: Path) -> None:
    """Write to `directory` a copy of the model at `checkpoint` whose answer to everything is 火锅."""
    model = BertForMaskedLM.from_pretrained(checkpoint, local_files_only=True)
    tokenizer = BertTokenizer.from_pretrained(checkpoint, local_files_only=True)
    with torch.no_grad():
        model.cls.predictions.bias[tokenizer.convert_tokens_to_ids(HOTPOT_TOKEN)] += OVERRIDING_LOGIT
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)


def make_tokenizer() -> BertTokenizer:
    """A WordPiece tokenizer over single characters, plus one whole word that only a broken model says."""
    tokens = [*SPECIAL_TOKENS, *characters(), HOTPOT_TOKEN]
    return BertTokenizer(vocab={token: number for number, token in enumerate(tokens)}, do_lower_case=False)


def _make_model(vocabulary_size: int) -> BertForMaskedLM:
    config = BertConfig(
        vocab_size=vocabulary_size,
        hidden_size=HIDDEN_SIZE,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        intermediate_size=INTERMEDIATE_SIZE,
        # Dropout fights what is wanted here: to know the lines by heart.
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    return BertForMaskedLM(config)
