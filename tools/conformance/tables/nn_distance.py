"""Distances of rows."""

OPS = {
    'nn.functional.pdist(input, p=2.0)': 'pdist<{float(p)}>({input})',
    'nn.functional.pairwise_distance(x1, x2, p=2.0, eps=1e-6, keepdim=False)': 'pairwise_distance<{float(p)}, {keepdim}>({x1}, {x2}, {eps})',
    'nn.functional.cosine_similarity(x1, x2, dim=1, eps=1e-8)': 'cosine_similarity<{dim}>({x1}, {x2}, {eps})',
}
