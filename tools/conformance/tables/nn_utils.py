"""torch.nn.utils."""


def packed(input, lengths, batch_first):
    """The fields of the packed sequence, then what pad_packed_sequence makes of it. etch's are as long as they may be; PyTorch's as the lengths say."""
    n = [int(v) for v in lengths.numbers]
    padded = f'narrow<{int(batch_first)}, 0, {max(n)}>(padded)'
    return (f'const auto packed = nn::utils::pack_padded_sequence<{render(batch_first)}>({input}, {lengths}); '
            f'const auto [padded, lengths_] = nn::utils::pad_packed_sequence<{render(batch_first)}>(packed) => '
            f'narrow<0, 0, {sum(n)}>(packed.data()); narrow<0, 0, {max(n)}>(packed.batch_sizes()); packed.sorted_indices(); packed.unsorted_indices(); {padded}; lengths_')


OPS = {
    'nn.utils.weight_norm(v, g, dim=0)': 'nn::utils::weight_norm<{dim}>({v}, {g})',
    'nn.utils.fusion.fuse_conv_bn_weights(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)':
        'nn::utils::fuse_conv_bn_weights({conv_w}, {conv_b or f"zeros_like({bn_rm})"}, {bn_rm}, {bn_rv}, {bn_eps}, {bn_w or f"ones_like({bn_rm})"}, {bn_b or f"zeros_like({bn_rm})"})',
    'nn.utils.rnn.pack_padded_sequence(input, lengths, batch_first=False, enforce_sorted=True)': '{packed(input, lengths, batch_first)}',
    'nn.utils.rnn.pad_sequence(sequences, batch_first=False, padding_value=0.0)': 'nn::utils::pad_sequence<{batch_first}>({padding_value}, {sequences})',
}
