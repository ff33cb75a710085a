"""Recurrent layers and cells."""


def options(num_layers, bias, batch_first, dropout, bidirectional, proj_size=0):
    """RecurrentOptions, of which those are named that are not the default."""
    given = [('num_layers', num_layers, 1), ('bias', bias, True), ('batch_first', batch_first, False), ('dropout', dropout, 0.0), ('bidirectional', bidirectional, False),
             ('proj_size', proj_size, 0)]
    return 'RecurrentOptions{' + ', '.join(f'.{name} = {render(value)}' for name, value, default in given if value != default) + '}'


def relu(nonlinearity):
    return 'Relu' if nonlinearity == 'relu' else ''


COMMON = 'num_layers=1, bias=True, batch_first=False, dropout=0.0, bidirectional=False'
LAYER = '<{input_size}, {hidden_size}, {options(num_layers, bias, batch_first, dropout, bidirectional)}, {T}>'
CELL = '<{input_size}, {hidden_size}, {bias}, {T}>'
OPS = {
    'nn.RNN(input_size, hidden_size, num_layers=1, nonlinearity="tanh", bias=True, batch_first=False, dropout=0.0, bidirectional=False)':
        Module('nn::{relu(nonlinearity)}RNN' + LAYER),
    f'nn.GRU(input_size, hidden_size, {COMMON})': Module('nn::GRU' + LAYER),
    f'nn.LSTM(input_size, hidden_size, {COMMON}, proj_size=0)':
        Module('nn::LSTM<{input_size}, {hidden_size}, {options(num_layers, bias, batch_first, dropout, bidirectional, proj_size)}, {T}>'),
    'nn.RNNCell(input_size, hidden_size, bias=True, nonlinearity="tanh")': Module('nn::{relu(nonlinearity)}RNNCell' + CELL),
    'nn.GRUCell(input_size, hidden_size, bias=True)': Module('nn::GRUCell' + CELL),
    'nn.LSTMCell(input_size, hidden_size, bias=True)': Module('nn::LSTMCell' + CELL),
}
