"""Oracle data: a family's manifest and its tensors."""
import json
import pathlib
import struct

# safetensors' names of dtypes, as the manifests call them
STORED = {'F64': 'float64', 'F32': 'float32', 'F16': 'float16', 'BF16': 'bfloat16', 'I64': 'int64', 'I32': 'int32', 'I16': 'int16', 'I8': 'int8', 'U8': 'uint8', 'BOOL': 'bool'}


class Tensors:
    """The tensors of one .safetensors file, as bytes."""

    def __init__(self, path):
        raw = pathlib.Path(path).read_bytes()
        size, = struct.unpack_from('<Q', raw)
        self.header = json.loads(raw[8:8 + size])
        self.data = memoryview(raw)[8 + size:]

    def bytes(self, name):
        begin, end = self.header[name]['data_offsets']
        return bytes(self.data[begin:end])


class Family:
    def __init__(self, path):
        manifest = json.loads(pathlib.Path(path).read_text())
        self.name = manifest['family']
        self.cases = manifest['cases']
        self.tensors = Tensors(pathlib.Path(path).with_name(manifest['tensors']))


def families(folder):
    """The families of a folder, by name; `FAMILY.json` is a manifest when it names its tensors."""
    for path in sorted(pathlib.Path(folder).glob('*.json')):
        yield Family(path)
