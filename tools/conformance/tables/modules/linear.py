"""Linear layers, lookups, shapes and containers."""
import re


def lookup(padding_idx, max_norm, norm_type, scale_grad_by_freq):
    """The options of an embedding."""
    return ([f'padding_idx<{padding_idx}>'] * (padding_idx is not None) + [f'max_norm<{render(float(max_norm or 0))}>', f'norm_type<{render(float(norm_type))}>'] * (max_norm is not None)
            + ['scale_grad_by_freq'] * bool(scale_grad_by_freq))


def bag(num_embeddings, embedding_dim, max_norm, norm_type, scale_grad_by_freq, mode, include_last_offset, padding_idx, T):
    padding = 'no_padding' if padding_idx is None else padding_idx % num_embeddings
    return f'nn::EmbeddingBag<{render([num_embeddings, embedding_dim, f"BagMode::{mode}", include_last_offset, padding, T, *lookup(None, max_norm, norm_type, scale_grad_by_freq)])}>'


def sequence(modules, T):
    """The type of what `print` shows of a Sequential: one line for each module, or several for one that holds modules."""
    if isinstance(modules, str):
        modules = {'module': modules}

    def inside(lines):
        types = []
        while lines:
            name, arguments = re.fullmatch(r' *\(\d+\): (\w+)\((.*?)\)?', lines.pop(0)).groups()
            if name == 'Sequential':
                end = next(i for i, line in enumerate(lines) if line == ' ' * (len(lines[0]) - len(lines[0].lstrip()) - 2) + ')')
                types.append(inside(lines[:end]))
                del lines[:end + 1]
            else:
                args, kwargs = eval(f'(lambda *args, **kwargs: (args, kwargs))({arguments})')
                types.append(line_of(f'nn.{name}').module_type(T, args, kwargs))
        return f'nn::Sequential<{", ".join(types)}>'
    try:
        return inside(modules['module'].splitlines()[1:-1])
    except (AttributeError, SyntaxError):
        raise Missing('a Sequential whose modules have names, or hold modules') from None


OPS = {
    'nn.Linear(in_features, out_features, bias=True)': Module('nn::Linear<{in_features}, {out_features}, {bias}, {T}>'),
    'nn.Bilinear(in1_features, in2_features, out_features, bias=True)': Module('nn::Bilinear<{in1_features}, {in2_features}, {out_features}, {bias}, {T}>'),
    'nn.Embedding(num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False, _weight=None, _freeze=False)':
        Module('nn::Embedding<{[num_embeddings, embedding_dim, T, *lookup(padding_idx, max_norm, norm_type, scale_grad_by_freq)]}>'),
    'nn.EmbeddingBag(num_embeddings, embedding_dim, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, mode="mean", sparse=False, _weight=None, include_last_offset=False, padding_idx=None)':
        Module('{bag(num_embeddings, embedding_dim, max_norm, norm_type, scale_grad_by_freq, mode, include_last_offset, padding_idx, T)}'),
    'nn.Identity(*args, **kwargs)': Module('nn::Identity'),
    'nn.Flatten(start_dim=1, end_dim=-1)': Module('nn::Flatten<{start_dim}, {end_dim}>'),
    'nn.Unflatten(dim, unflattened_size)': Module('nn::Unflatten<{dim}, {unflattened_size}>'),
    'nn.PairwiseDistance(p=2.0, eps=1e-6, keepdim=False)': Module('nn::PairwiseDistance<{float(p)}, {eps}, {keepdim}>'),
    'nn.CosineSimilarity(dim=1, eps=1e-8)': Module('nn::CosineSimilarity<{dim}, {eps}>'),
    'nn.Sequential(modules)': Module('{sequence(modules, T)}'),
}
