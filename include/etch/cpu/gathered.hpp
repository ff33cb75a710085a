// Operands of a product that no two strides describe, such as the windows of an image: a table of offsets for rows and one
// for columns, element (i, j) at row[i] + column[j]. Copied into tiles and panels piece by piece, a piece being what lies together.
#pragma once

#include <etch/cpu/tile_product.hpp>

namespace etch {
inline namespace ETCH_ABI {
namespace cpu {
namespace detail {

/// to[0, n) = from[0, n) + by; the two do not overlap.
inline void copy_shifted(const std::int32_t* from, int64 n, std::int32_t by, std::int32_t* to) {
  constexpr int lanes = Tile<std::int32_t>::lanes;
  const auto term = simd::splat<std::int32_t, lanes>(by);
  int64 j = 0;
  for (; j + lanes <= n; j += lanes) simd::store(to + j, simd::load<std::int32_t, lanes>(from + j) + term);
  for (; j < n; ++j) to[j] = from[j] + by;
}

/// An axis of a product as axes of memory, the last one innermost.
struct Axes {
  int count = 0;
  int64 size[10]{}, stride[10]{};
  int64 elements() const {
    int64 n = 1;
    for (int i = 0; i < count; ++i) n *= size[i];
    return n;
  }
  /// Neighbours that lie side by side.
  int64 run() const { return stride[count - 1] == 1 ? size[count - 1] : 1; }
  /// The offset of every element.
  void fill(std::int32_t* to) const {
    to[0] = 0;
    int64 n = 1;
    for (int d = count - 1; d >= 0; --d) {
      for (int64 i = 1; i < size[d]; ++i) copy_shifted(to, n, static_cast<std::int32_t>(i * stride[d]), to + i * n);
      n *= size[d];
    }
  }
};

/// Where the elements of an operand lie; so many neighbours of a row of it, and of a column, side by side.
struct Offsets {
  const std::int32_t *row, *column;
  int64 along_row, along_column;
  int64 column_step;  ///< between all columns, 0 where it differs
};

/// An image among zeros that is nowhere in memory: the sizes of it all, where in it the image begins, the image's sizes and strides.
struct Padding {
  int rank = 0;
  int64 size[10], start[10], inside[10], stride[10];

  /// Elements of whole lines that hold [at, at + span).
  int64 room(int64 span) const { return span + 2 * size[rank - 1]; }
  int64 plane() const { return size[rank - 1] * size[rank - 2]; }
  /// Whether [at, at + span) are lines of one plane, of which the image's fill a vector and what is around them does not.
  bool is_plane(int64 at, int64 span, int64 lanes) const {
    if (rank < 2 || at % plane() + span > plane()) return false;
    for (int d = 0; d + 2 < rank; ++d)
      if (start[d] != 0 || inside[d] != size[d]) return false;
    const int last = rank - 1;
    return stride[last] == 1 && inside[last] >= lanes && start[last] <= lanes && size[last] - start[last] - inside[last] <= lanes;
  }
  /// Where the plane of element `at` begins in an image that is_plane.
  int64 image_plane(int64 at) const {
    int64 rest = at / plane(), offset = 0;
    for (int d = rank - 3; d >= 0; rest /= size[d--]) offset += rest % size[d] * stride[d];
    return offset;
  }
  /// From line to line of a plane whose image begins at vectors' boundaries.
  int64 pitch(int64 lanes) const { return (inside[rank - 1] + 3 * lanes - 1) / lanes * lanes; }
  /// Whether the outermost axis is `step` elements from one to the next, and lines of the image lie together.
  bool begins_with(int64 step) const {
    int64 n = 1;
    for (int d = 1; d < rank; ++d) n *= size[d];
    return n == step && start[0] == 0 && stride[rank - 1] == 1;
  }
  /// Calls f(place after `at`, place in the image, elements) for each line of the image in [at, at + span).
  template <class F>
  void each_line(int64 at, int64 span, F f) const {
    const int last = rank - 1;
    const int64 width = size[last];
    for (int64 line = at / width; line * width < at + span; ++line) {
      int64 from = 0, rest = line;
      bool within = true;
      for (int d = last - 1; d >= 0; --d) {
        const int64 i = rest % size[d] - start[d];
        rest /= size[d];
        within = within && i >= 0 && i < inside[d];
        from += i * stride[d];
      }
      const int64 begin = line * width + start[last] - at, first = begin < 0 ? -begin : 0, end = least(inside[last], span - begin);
      if (within && first < end) f(begin + first, from + first, end - first);
    }
  }
  /// Writes [at, at + span) of it into `to`, as whole lines; returns where element `at` is.
  template <class T>
  T* fill(const T* image, int64 at, int64 span, T* to) const;
};

/// to[0, n) = from[0, n), whole vectors where there is one: the last ends where the piece does.
template <class T>
ETCH_INLINE void copy_piece(const T* from, int64 n, T* to) {
  constexpr int lanes = Tile<T>::lanes;
  if (n < lanes) {
    for (int64 j = 0; j < n; ++j) to[j] = from[j];
    return;
  }
  for (int64 j = 0; j + lanes <= n; j += lanes) simd::store(to + j, simd::load<T, lanes>(from + j));
  simd::store(to + n - lanes, simd::load<T, lanes>(from + n - lanes));
}

/// A line of zeros with n elements at `begin`, `step` apart where they are read.
template <class T>
ETCH_INLINE void fill_line(const T* from, int64 n, int64 step, int64 begin, int64 width, T* line) {
  constexpr int lanes = Tile<T>::lanes;
  const auto zeros = simd::splat<T, lanes>(0);
  if (width >= lanes && begin <= lanes && width - begin - n <= lanes) {
    simd::store(line, zeros);
    simd::store(line + width - lanes, zeros);
  } else {
    for (int64 j = 0; j < width; ++j) line[j] = T(0);
  }
  if (step == 1) return copy_piece(from, n, line + begin);
  for (int64 j = 0; j < n; ++j) line[begin + j] = from[j * step];
}

template <class T>
T* Padding::fill(const T* image, int64 at, int64 span, T* to) const {
  const int last = rank - 1;
  const int64 width = size[last], first = at / width, lines = (at + span - 1) / width + 1 - first;
  int64 index[10]{}, rest = first;
  for (int d = last - 1; d >= 0; --d) {
    index[d] = rest % size[d];
    rest /= size[d];
  }
  T* line = to;
  for (int64 done = 0; done < lines;) {  // lines of one plane
    bool within = true;
    const T* plane = image;
    for (int d = 0; d + 1 < last; ++d) {
      const int64 i = index[d] - start[d];
      within = within && i >= 0 && i < inside[d];
      plane += i * stride[d];
    }
    const int64 top = last > 0 ? index[last - 1] - start[last - 1] : 0, height = last > 0 ? inside[last - 1] : 1, step = last > 0 ? stride[last - 1] : 0;
    const int64 end = last > 0 ? top + least(size[last - 1] - index[last - 1], lines - done) : lines;
    for (int64 i = top; i < end; ++i, line += width) {
      if (within && i >= 0 && i < height) fill_line(plane + i * step, inside[last], stride[last], start[last], width, line);
      else
        for (int64 j = 0; j < width; ++j) line[j] = T(0);
    }
    done += end - top;
    if (last > 0) index[last - 1] = 0;
    for (int d = last - 2; d >= 0 && ++index[d] == size[d]; --d) index[d] = 0;
  }
  return to + (at - first * width);
}

/// to[i * to_row + p] = a(row + i, k0 + p) for i < rows, p < k.
template <class T>
ETCH_NOINLINE void copy_gathered(const Offsets& at, int64 row, int64 rows, int64 k0, int64 k, const T* a, T* to, int64 to_row) {
  for (int64 i = 0; i < rows; ++i, to += to_row) {
    const T* from = a + at.row[row + i];
    if (at.along_row == 1) {
      for (int64 p = 0; p < k; ++p) to[p] = from[at.column[k0 + p]];
      continue;
    }
    int64 piece = least(at.along_row - k0 % at.along_row, k);
    for (int64 p = 0; p < k; p += piece, piece = least(at.along_row, k - p)) copy_piece(from + at.column[k0 + p], piece, to + p);
  }
}

/// One vector of columns as pieces: lanes from begin[i] on are read at from[i] + lane.
template <class T>
struct Pieces {
  static constexpr int lanes = Tile<T>::lanes, most = 4;
  int count = 1;
  int64 from[most];
  int begin[most]{};
  /// False where there are too many, or one would be read outside of what lies between the first and the last element.
  bool find(const std::int32_t* column) {
    from[0] = column[0];
    for (int j = 1; j < lanes; ++j) {
      if (column[j] == column[j - 1] + 1) continue;
      if (count == most || column[j] <= column[j - 1]) return false;
      from[count] = column[j] - j;
      begin[count++] = j;
    }
    return true;
  }
};
/// Two vectors of columns, each of which is one piece.
template <class T>
ETCH_NOINLINE void pack_whole(int64 left, int64 right, const std::int32_t* row, int64 k, const T* b, T* to) {
  constexpr int lanes = Tile<T>::lanes;
  for (int64 p = 0; p < k; ++p, to += 2 * lanes) {
    const T* const from = b + row[p];
    simd::store(to, simd::load<T, lanes>(from + left));
    simd::store(to + lanes, simd::load<T, lanes>(from + right));
  }
}
template <class T, int Count>
ETCH_NOINLINE void pack_pieces(const Pieces<T>& pieces, const std::int32_t* row, int64 k, const T* b, T* to, int64 width) {
  constexpr int lanes = Tile<T>::lanes;
  simd::Mask<lanes> rest[Count];
  for (int i = 0; i < Count; ++i) rest[i] = simd::iota<std::int32_t, lanes>(0) >= simd::splat<std::int32_t, lanes>(pieces.begin[i]);
  for (int64 p = 0; p < k; ++p, to += width) {
    const T* from = b + row[p];
    auto v = simd::load<T, lanes>(from + pieces.from[0]);
    for (int i = 1; i < Count; ++i) v = simd::select(rest[i], simd::load<T, lanes>(from + pieces.from[i]), v);
    simd::store(to, v);
  }
}

/// to[p][width] = b(k0 + p, col + j) for p < k, j < cols, zeros on the right.
template <class T>
ETCH_NOINLINE void pack_gathered(const Offsets& at, int64 k0, int64 k, int64 col, int64 cols, const T* b, T* to, int64 width) {
  constexpr int lanes = Tile<T>::lanes;
  const std::int32_t* const row = at.row + k0;
  if (at.along_column >= 4 && at.column_step != 0 && at.column_step != 1) {  // columns lie apart, and each of them in pieces
    for (int64 j = cols / lanes * lanes; cols < width && j < width; j += lanes)
      for (int64 p = 0; p < k; ++p) simd::store(to + p * width + j, simd::splat<T, lanes>(0));
    int64 piece = least(at.along_column - k0 % at.along_column, k);
    for (int64 p = 0; p < k; p += piece, piece = least(at.along_column, k - p))
      transpose(cols, piece, b + row[p] + col * at.column_step, at.column_step, to + p * width, width);
    return;
  }
  if (cols == 2 * lanes && width == cols) {
    Pieces<T> left, right;
    if (left.find(at.column + col) && left.count == 1 && right.find(at.column + col + lanes) && right.count == 1) return pack_whole(left.from[0], right.from[0], row, k, b, to);
  }
  for (int64 j = 0; j < width; j += lanes) {
    const std::int32_t* const column = at.column + col + j;
    const int64 n = least(lanes, cols - j);
    if (Pieces<T> pieces; n == lanes && pieces.find(column)) {
      if (pieces.count == 1) pack_pieces<T, 1>(pieces, row, k, b, to + j, width);
      else if (pieces.count == 2) pack_pieces<T, 2>(pieces, row, k, b, to + j, width);
      else if (pieces.count == 3) pack_pieces<T, 3>(pieces, row, k, b, to + j, width);
      else pack_pieces<T, 4>(pieces, row, k, b, to + j, width);
      continue;
    }
    for (int64 p = 0; p < k; ++p) {
      const T* const from = b + row[p];
      T* const out = to + p * width + j;
      for (int64 i = 0; i < n; ++i) out[i] = from[column[i]];
      for (int64 i = n < 0 ? 0 : n; i < lanes; ++i) out[i] = T(0);
    }
  }
}

}  // namespace detail
}  // namespace cpu
}  // namespace ETCH_ABI
}  // namespace etch
