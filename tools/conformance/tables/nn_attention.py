"""Attention and lookups."""


def attention(query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa):
    options = [is_causal, float(dropout_p), enable_gqa, 0.0 if scale is None else float(scale)]
    return f'scaled_dot_product_attention<{render(options)}>({render([v for v in (query, key, value, attn_mask) if v is not None])})'


def classes(input, num_classes):
    return num_classes if num_classes >= 0 else int(max(input.numbers)) + 1


def bag(weight, input, offsets, max_norm, scale_grad_by_freq, mode, per_sample_weights, include_last_offset, padding_idx):
    if max_norm is not None or scale_grad_by_freq:
        raise Missing('embedding_bag: max_norm and scale_grad_by_freq change the table and its gradient behind the back')
    options = [f'BagMode::{mode}', include_last_offset, 'no_padding' if padding_idx is None else padding_idx % weight.shape[0]]
    return f'embedding_bag<{render(options)}>({render([v for v in (input, weight, offsets, per_sample_weights) if v is not None])})'


OPS = {
    'nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False)':
        lambda dropout_p, **_: (Drawn if dropout_p > 0 else str)('{attention(query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa)}'),
    'nn.functional.one_hot(input, num_classes=-1)': 'one_hot<{classes(input, num_classes)}>({input})',
    'nn.functional.embedding_bag(weight, input, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode="mean", sparse=False, per_sample_weights=None, include_last_offset=False, padding_idx=None)':
        '{bag(weight, input, offsets, max_norm, scale_grad_by_freq, mode, per_sample_weights, include_last_offset, padding_idx)}',
}
