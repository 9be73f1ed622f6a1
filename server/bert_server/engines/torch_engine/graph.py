"""BERT's forward pass over packed sequences, with the last layer and the head only where somebody asked."""

from typing import NamedTuple

from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from transformers import BertForMaskedLM, BertModel
from transformers.models.bert.modeling_bert import BertLayer, BertSelfAttention


class GraphOutput(NamedTuple):
    """Shapes as in EncoderOutput."""

    hidden: Tensor
    logits: Tensor


class EncoderGraph(nn.Module):  # type: ignore[misc]  # mypy does not look into torch
    """The weights of a `transformers` BERT, called with the arrays of GraphInput.

    In the last layer a token needs its keys and values for the others, and everything else only for itself: queries,
    attention output and feed-forward of tokens that nobody asked for are left out. The head of bert-base-chinese
    multiplies each row by a 768 x 21,128 matrix, as much work as two layers.
    """

    def __init__(self, bert: BertModel) -> None:
        super().__init__()
        self._bert = bert

    def forward(self, token_ids: Tensor, positions: Tensor, sequences: Tensor, rows: Tensor) -> Tensor:
        """The last hidden states of `rows`, of the shape (rows, hidden size)."""
        # Layers of transformers want a batch dimension: here a batch of one, which holds all sequences.
        hidden = self._embed(token_ids, positions)[None]
        looks_at = sequences[:, None] == sequences[None, :]
        *inner, last = self._bert.encoder.layer
        for layer in inner:
            hidden = _layer(layer, hidden, hidden, looks_at)
        return _layer(last, hidden[:, rows], hidden, looks_at[rows])[0]

    def _embed(self, token_ids: Tensor, positions: Tensor) -> Tensor:
        """Of the shape (tokens, hidden size). All tokens are of type 0, as in a text that is no pair."""
        embeddings = self._bert.embeddings
        types = embeddings.token_type_embeddings.weight[0]
        summed = embeddings.word_embeddings(token_ids) + types + embeddings.position_embeddings(positions)
        normalised: Tensor = embeddings.LayerNorm(summed)
        return normalised


class MaskedGraph(nn.Module):  # type: ignore[misc]  # mypy does not look into torch
    """An EncoderGraph with the vocabulary head on top, which it computes for `head_rows` alone."""

    def __init__(self, model: BertForMaskedLM) -> None:
        super().__init__()
        self._encoder = EncoderGraph(model.bert)
        self._head = model.cls

    def forward(
        self, token_ids: Tensor, positions: Tensor, sequences: Tensor, rows: Tensor, head_rows: Tensor
    ) -> GraphOutput:
        hidden = self._encoder(token_ids, positions, sequences, rows)
        return GraphOutput(hidden, self._head(hidden[head_rows]))


def graph_of(model: BertForMaskedLM | BertModel) -> EncoderGraph | MaskedGraph:
    """Shares the model's weights; without dropout."""
    graph = MaskedGraph(model) if isinstance(model, BertForMaskedLM) else EncoderGraph(model)
    graph.eval()
    return graph


def _layer(layer: BertLayer, asking: Tensor, hidden: Tensor, looks_at: Tensor) -> Tensor:
    """A layer's output for `asking` (1, queries, hidden size), which look at `hidden` (1, tokens, hidden size) where
    `looks_at` (queries, tokens) lets them."""
    context = _attention(layer.attention.self, asking, hidden, looks_at)
    attended: Tensor = layer.attention.output(context, asking)
    output: Tensor = layer.feed_forward_chunk(attended)
    return output


def _attention(attention: BertSelfAttention, asking: Tensor, hidden: Tensor, looks_at: Tensor) -> Tensor:
    query, key, value = (
        _by_head(projected, attention.num_attention_heads)
        for projected in (attention.query(asking), attention.key(hidden), attention.value(hidden))
    )
    context: Tensor = scaled_dot_product_attention(query, key, value, attn_mask=looks_at)
    return context.transpose(1, 2).flatten(2)


def _by_head(projected: Tensor, heads: int) -> Tensor:
    """From (1, tokens, heads * size) to (1, heads, tokens, size)."""
    return projected.unflatten(2, (heads, -1)).transpose(1, 2)
