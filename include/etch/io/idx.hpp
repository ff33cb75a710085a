// IDX files of bytes, in which MNIST and its relatives come:
//
//   0 0 8 rank | sizes, 32 bits each, highest byte first | values, row-major
#pragma once

#include <etch/io/file.hpp>

#include <cstdint>
#include <vector>

namespace etch {
inline namespace ETCH_ABI {
namespace io {

/// What an IDX file holds: sizes of the axes, and values in row-major order.
struct Idx {
  std::vector<std::int64_t> shape;
  std::vector<std::uint8_t> values;
};

/// Reads an IDX file of bytes with so many axes: 3 for images [count, rows, columns], 1 for labels [count]. Errors: a file of
/// another kind or rank, shorter or longer than its sizes say.
inline Idx read_idx(const char* path, int rank) {
  const detail::InputFile file(path);
  const std::uint64_t header = 4 + 4 * static_cast<std::uint64_t>(rank);
  std::uint8_t bytes[4] = {};
  file.read(0, bytes, std::min<std::uint64_t>(file.size(), sizeof bytes));
  if (file.size() < header || bytes[0] != 0 || bytes[1] != 0 || bytes[2] != 8 || bytes[3] != rank) {
    Message found = Message{} << "expected 0 0 8 " << rank << ", found " << bytes[0] << ' ' << bytes[1] << ' ' << bytes[2] << ' ' << bytes[3];
    found << " in " << detail::printable(file.path()).c_str() << " of " << detail::printable(file.size()) << " bytes";
    fail("read_idx", "file must begin with the magic number of bytes with so many axes, and their sizes",
         bytes[0] == 0x1f && bytes[1] == 0x8b ? found << "; it is compressed: gunzip it" : found);
  }
  Idx idx;
  std::uint64_t count = 1;
  for (std::uint64_t at = 4; at < header; at += 4) {
    file.read(at, bytes, sizeof bytes);
    std::uint64_t size = 0;
    for (const std::uint8_t byte : bytes) size = size << 8 | byte;
    idx.shape.push_back(static_cast<std::int64_t>(size));
    count = size != 0 && count > file.size() / size ? file.size() + 1 : count * size;  // more than there can be is enough to know
  }
  if (count != file.size() - header)
    fail("read_idx", "file must hold as many values as its sizes say",
         Message{}.shape(idx.shape.data(), rank) << " in " << detail::printable(file.path()).c_str() << ", found " << detail::printable(file.size() - header));
  idx.values.resize(count);
  file.read(header, idx.values.data(), count);
  return idx;
}

}  // namespace io
}  // namespace ETCH_ABI
}  // namespace etch
