"""Attention and lookups."""


def attention(query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa):
    options = [is_causal, float(dropout_p), enable_gqa, 0.0 if scale is None else float(scale)]
    return f'scaled_dot_product_attention<{render(options)}>({render([v for v in (query, key, value, attn_mask) if v is not None])})'


def forward(num_heads, add_zero_attn, dropout_p, need_weights, average_attn_weights, training, query, key, value, **named):
    """multi_head_attention_forward: what may be left out is named. That a mask is causal (is_causal) says nothing more than the mask."""
    options = [(f'.{name} = {render(given)}', given != default) for name, given, default in
               (('dropout', float(dropout_p), 0.0), ('add_zero_attn', add_zero_attn, False), ('need_weights', need_weights, True), ('average_attn_weights', average_attn_weights, True))]
    options = ', '.join(text for text, differs in options if differs)
    inputs = [f'in_mode({query}, {render(training)})', str(key), str(value)] + [f'{name}({x})' for name, x in named.items() if x is not None]
    return f'multi_head_attention_forward<{num_heads}, MultiheadOptions{{{options}}}>({", ".join(inputs)})'


def classes(input, num_classes):
    return num_classes if num_classes >= 0 else int(max(input.numbers)) + 1


def lookup(padding_idx, max_norm, norm_type, scale_grad_by_freq):
    """The options of an embedding."""
    return ([f'padding_idx<{padding_idx}>'] * (padding_idx is not None) + [f'max_norm<{render(float(max_norm or 0))}>', f'norm_type<{render(float(norm_type))}>'] * (max_norm is not None)
            + ['scale_grad_by_freq'] * bool(scale_grad_by_freq))


def bag(weight, input, offsets, max_norm, norm_type, scale_grad_by_freq, mode, per_sample_weights, include_last_offset, padding_idx):
    options = [f'BagMode::{mode}', include_last_offset, 'no_padding' if padding_idx is None else padding_idx % weight.shape[0]] + lookup(None, max_norm, norm_type, scale_grad_by_freq)
    return f'embedding_bag<{render(options)}>({render([v for v in (input, weight, offsets, per_sample_weights) if v is not None])})'


OPS = {
    'nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, enable_gqa=False)':
        lambda dropout_p, **_: (Drawn if dropout_p > 0 else str)('{attention(query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa)}'),
    'nn.functional.multi_head_attention_forward(query, key, value, embed_dim_to_check, num_heads, in_proj_weight, in_proj_bias, bias_k, bias_v, add_zero_attn, dropout_p, out_proj_weight, out_proj_bias, '
    'training=True, key_padding_mask=None, need_weights=True, attn_mask=None, use_separate_proj_weight=False, q_proj_weight=None, k_proj_weight=None, v_proj_weight=None, static_k=None, static_v=None, '
    'average_attn_weights=True, is_causal=False)':
        lambda dropout_p, training, **_: (Drawn if dropout_p > 0 and training else str)(
            '{forward(num_heads, add_zero_attn, dropout_p, need_weights, average_attn_weights, training, query, key, value, '
            'in_proj_weight=None if use_separate_proj_weight else in_proj_weight, q_proj_weight=q_proj_weight if use_separate_proj_weight else None, '
            'k_proj_weight=k_proj_weight if use_separate_proj_weight else None, v_proj_weight=v_proj_weight if use_separate_proj_weight else None, '
            'in_proj_bias=in_proj_bias, bias_k=bias_k, bias_v=bias_v, static_k=static_k, static_v=static_v, out_proj_weight=out_proj_weight, out_proj_bias=out_proj_bias, '
            'attn_mask=attn_mask, key_padding_mask=key_padding_mask)}'),
    'nn.functional.one_hot(input, num_classes=-1)': 'one_hot<{classes(input, num_classes)}>({input})',
    'nn.functional.embedding(weight, input, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False)':
        '{call("embedding", lookup(padding_idx, max_norm, norm_type, scale_grad_by_freq), input, weight)}',
    'nn.functional.embedding_bag(weight, input, offsets=None, max_norm=None, norm_type=2, scale_grad_by_freq=False, mode="mean", sparse=False, per_sample_weights=None, include_last_offset=False, padding_idx=None)':
        '{bag(weight, input, offsets, max_norm, norm_type, scale_grad_by_freq, mode, per_sample_weights, include_last_offset, padding_idx)}',
}
