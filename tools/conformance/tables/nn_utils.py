"""torch.nn.utils."""

OPS = {
    'nn.utils.weight_norm(v, g, dim=0)': 'nn::utils::weight_norm<{dim}>({v}, {g})',
    'nn.utils.fusion.fuse_conv_bn_weights(conv_w, conv_b, bn_rm, bn_rv, bn_eps, bn_w, bn_b)': 'nn::utils::fuse_conv_bn_weights({conv_w}, {conv_b}, {bn_rm}, {bn_rv}, {bn_eps}, {bn_w}, {bn_b})',
    'nn.utils.rnn.pad_sequence(sequences, batch_first=False, padding_value=0.0)': 'nn::utils::pad_sequence<{batch_first}>({padding_value}, {sequences})',
}
