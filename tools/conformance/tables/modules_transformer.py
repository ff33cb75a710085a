"""Attention and transformers."""
import re

MASKS = {
    'attention': {'attn_mask': 'attn_mask', 'key_padding_mask': 'key_padding_mask'},
    'encoder': {'src_mask': 'src_mask', 'mask': 'src_mask', 'src_key_padding_mask': 'src_key_padding_mask'},
    'decoder': {name: name for name in ('tgt_mask', 'memory_mask', 'tgt_key_padding_mask', 'memory_key_padding_mask')},
}
MASKS['both'] = {**MASKS['encoder'], **MASKS['decoder']}


def masks(kind, forward_kwargs):
    """The masks that a call was given, as further arguments."""
    given = [f', {mask}({render(forward_kwargs[key])})' for key, mask in MASKS[kind].items() if forward_kwargs.get(key) is not None]
    return ''.join(given)


def options(**values):
    """The members of an options struct that are not their defaults: (given, default)."""
    return '{' + ', '.join(f'.{name} = {render(value)}' for name, (value, default) in values.items() if value != default) + '}'


def layer(dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias):
    activation = ['.activation = TransformerActivation::gelu'] if activation == 'gelu' else []
    rest = options(dim_feedforward=(dim_feedforward, 2048), dropout=(float(dropout), 0.1))[1:-1]
    more = options(layer_norm_eps=(layer_norm_eps, 1e-5), batch_first=(batch_first, False), norm_first=(norm_first, False), bias=(bias, True))[1:-1]
    return 'TransformerOptions{' + ', '.join(p for p in (rest, *activation, more) if p) + '}'


def norm_first(case, inputs, params, last, final):
    """Whether layers normalise first, which PyTorch does not print: if they do not, and no norm follows, the output is what the last norm gave, with mean 0 and variance 1 but for its
    weight and bias."""
    if final is not None or 't' not in case['outputs'][0]:
        return False
    from compare import numbers
    output = numbers(inputs[0].tensors.bytes(case['outputs'][0]['t']), case['outputs'][0]['dtype'])
    weight, bias = (params[f'{last}.{n}'].numbers if params.get(f'{last}.{n}') is not None else None for n in ('weight', 'bias'))
    size = len(weight)
    rows = [[(y - (bias[i] if bias else 0)) / weight[i] for i, y in enumerate(output[at:at + size])] for at in range(0, len(output), size)]
    means = [sum(row) / size for row in rows]
    return not all(math.isnan(m) or abs(m) < 1e-3 and abs(sum((y - m) ** 2 for y in row) / size - 1) < 1e-2 for m, row in zip(means, rows))


def written(module, num_layers, final, case, inputs, params):
    """A layer from what PyTorch prints of it. Heads are not printed: two, as in PyTorch's own tests; nor is the activation."""
    text = module['module']
    width, wide, bias = re.search(r'linear1\): Linear\(in_features=(\d+), out_features=(\d+), bias=(\w+)', text).groups()
    dropout, eps = re.search(r'dropout\): Dropout\(p=([\d.]+)', text)[1], re.search(r'eps=([\d.e-]+)', text)[1]
    batch_first = len(inputs) > 1 and inputs[0].rank == 3 and inputs[1] is not None and inputs[1].rank == 3 and inputs[0].shape[1] != inputs[1].shape[1]
    first = norm_first(case, inputs, params, f'layers.{num_layers - 1}.norm{text.count("(norm")}', final)
    return f'nn::{text.partition("(")[0]}<{width}, 2, {layer(int(wide), float(dropout), "relu", float(eps), batch_first, first, bias == "True")}, '


def final(norm, T):
    """The norm at the end of a stack, from what PyTorch prints of it."""
    if norm is None:
        return ''
    name, _, arguments = norm['module'].partition('(')
    args, kwargs = eval(f'(lambda *args, **kwargs: (args, kwargs))({arguments}')
    return ', ' + line_of(f'nn.{name}').module_type(T, args, kwargs)


def single(name, d_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, relu_or_gelu, params, T):
    """A layer. Where its constructor was not recorded, for an activation that is a function, its parameters say its sizes."""
    if d_model is None:
        dim_feedforward, d_model = params['linear1.weight'].shape
        nhead, dropout, bias, activation = 2, 0.0, 'linear1.bias' in params, 'relu' if relu_or_gelu == 1 else 'gelu'
    return f'nn::{name}<{d_model}, {nhead}, {layer(dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)}, {T}>'


MHA = ('MultiheadOptions{options(dropout=(float(dropout), 0.0), bias=(bias, True), add_bias_kv=(add_bias_kv, False), add_zero_attn=(add_zero_attn, False), '
       'kdim=(0 if kdim in (None, embed_dim) else kdim, 0), vdim=(0 if vdim in (None, embed_dim) else vdim, 0), batch_first=(batch_first, False), need_weights=(forward_kwargs.get("need_weights", True), True), '
       'average_attn_weights=(forward_kwargs.get("average_attn_weights", True), True))}')
LAYER = '{layer(dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias)}, {T}>'
ARGUMENTS = 'dim_feedforward=2048, dropout=0.1, activation="relu", layer_norm_eps=1e-5, batch_first=False, norm_first=False, bias=True'
SINGLE = 'd_model, nhead, dim_feedforward, dropout, activation, layer_norm_eps, batch_first, norm_first, bias, activation_relu_or_gelu, params, T'
OPS = {
    'nn.MultiheadAttention(embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None, vdim=None, batch_first=False)':
        Module('nn::MultiheadAttention<{embed_dim}, {num_heads}, ' + MHA + ', {T}>', forward='module({inputs[:3]}{masks("attention", forward_kwargs)})'),
    f'nn.TransformerEncoderLayer(d_model=None, nhead=None, {ARGUMENTS}, activation_relu_or_gelu=None)':
        Module('{single("TransformerEncoderLayer", ' + SINGLE + ')}', forward='module({inputs[0]}{masks("encoder", forward_kwargs)})'),
    f'nn.TransformerDecoderLayer(d_model=None, nhead=None, {ARGUMENTS})':
        Module('{single("TransformerDecoderLayer", ' + SINGLE.replace('activation_relu_or_gelu', 'None') + ')}', forward='module({inputs[:2]}{masks("decoder", forward_kwargs)})'),
    'nn.TransformerEncoder(encoder_layer, num_layers, norm=None)':
        Module('nn::TransformerEncoder<{written(encoder_layer, num_layers, norm, case, inputs, params)}{T}>, {num_layers}{final(norm, T)}>', forward='module({inputs[0]}{masks("encoder", forward_kwargs)})'),
    'nn.TransformerDecoder(decoder_layer, num_layers, norm=None)':
        Module('nn::TransformerDecoder<{written(decoder_layer, num_layers, norm, case, inputs, params)}{T}>, {num_layers}{final(norm, T)}>', forward='module({inputs[:2]}{masks("decoder", forward_kwargs)})'),
    'nn.Transformer(d_model=512, nhead=8, num_encoder_layers=6, num_decoder_layers=6, ' + ARGUMENTS + ')':
        Module('nn::Transformer<{d_model}, {nhead}, {num_encoder_layers}, {num_decoder_layers}, ' + LAYER, forward='module({inputs[:2]}{masks("both", forward_kwargs)})'),
}
