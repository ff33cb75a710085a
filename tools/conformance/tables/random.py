"""Random numbers: shapes and dtypes here; whether they are distributed as they should be is for tests/run/random_test.cpp."""


def type_of(dtype, default='float'):
    return default if dtype is None else CPP[str(dtype)]


def like(name, x, dtype, *values):
    angles = f'<{CPP[str(dtype)]}>' if dtype is not None else ''
    return f'{name}{angles}({render([x, *values])})'


def integers(case, args, dtype):
    """randint(high, size) or randint(low, high, size)."""
    *bounds, size = args
    return f'randint<{render([type_of(dtype, "std::int64_t"), *size])}>({render(bounds)})'


OPS = {
    'uniform(input, low=0, high=1)': 'uniform({input}, {low}, {high})',
    'cauchy(input, median=0, sigma=1)': 'cauchy({input}, {median}, {sigma})',
    'exponential(input, lambd=1)': 'exponential({input}, {lambd})',
    'geometric(input, p)': 'geometric({input}, {p})',
    'log_normal(input, mean=1, std=2)': 'log_normal({input}, {mean}, {std})',
    'normal(mean, std=1)': 'normal({mean}, {std})',
    'normal.in_place(input, mean=0, std=1)': Eager('normal_({input}, {mean}, {std}) => {input}'),
    'normal.number_mean(mean, std, size=None, *, dtype=None)': lambda mean, std, size, dtype: 'normal({mean}, {std})' if size is None else Eager('normal<{[type_of(dtype), *size]}>({mean}, {std})'),
    'rand(size, *, dtype=None, requires_grad=False)': 'rand<{[type_of(dtype), *size]}>()',
    'randn(size, *, dtype=None, requires_grad=False)': 'randn<{[type_of(dtype), *size]}>()',
    'rand_like(input, *, dtype=None)': '{like("rand_like", input, dtype)}',
    'randn_like(input, *, dtype=None)': '{like("randn_like", input, dtype)}',
    'randint(*args, dtype=None, requires_grad=False)': '{integers(case, args, dtype)}',
    'randint_like(input, *bounds, dtype=None)': '{like("randint_like", input, dtype, *bounds)}',
    'randperm(n, *, dtype=None)': 'randperm<{n}, {type_of(dtype, "std::int64_t")}>()',
    'bernoulli(input, p=None)': '{render(["bernoulli("]) + render([v for v in (input, p) if v is not None]) + ")"}',
    'poisson(input)': Eager('poisson({input})'),
    'multinomial(input, num_samples, replacement=False)': Eager('multinomial<{num_samples}, {replacement}>({input})'),
}
