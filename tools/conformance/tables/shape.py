"""Views and joins."""

OPS = {
    'view(input, *shape)': '{call("view", shape[0] if isinstance(shape[0], list) else shape, input)}',
    'reshape(input, shape)': '{call("reshape", shape, input)}',
    'view_as(input, other)': '{call("view", other.shape, input)}',
    'reshape_as(input, other)': '{call("reshape", other.shape, input)}',
    'permute(input, dims)': '{call("permute", dims, input)}',
    'transpose(input, dim0, dim1)': 'transpose<{dim0}, {dim1}>({input})',
    't(input)': 't({input})',
    'T(input)': 't({input})',
    'mT(input)': 'transpose<-2, -1>({input})',
    'squeeze(input, dim)': '{call("squeeze", dim, input)}',
    'unsqueeze(input, dim)': 'unsqueeze<{dim}>({input})',
    'expand(input, size)': '{call("expand", size, input)}',
    'broadcast_to(input, size)': '{call("expand", size, input)}',
    'cat(tensors, dim=0)': 'cat<{dim}>({tensors})',
    'stack(tensors, dim=0)': 'stack<{dim}>({tensors})',
    'narrow(input, dim, start, length)': 'narrow<{dim}, {start}, {length}>({input})',
    'select(input, dim, index)': 'select_axis<{dim}, {index}>({input})',
    'chunk(input, chunks, dim=0)': '{"; ".join(f"chunk<{dim}, {chunks}, {i}>({render(input)})" for i in range(chunks))}',
}
