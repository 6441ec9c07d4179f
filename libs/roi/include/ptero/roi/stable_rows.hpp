#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <ptero/core/contract.hpp>
#include <utility>

namespace ptero::roi {

/// Rows that are appended and never move: one thread appends and changes, others may meanwhile read the rows
/// that were there when they were told their number, as long as nobody changes these. Appending costs the
/// same at any length. Up to 2^32 rows.
template <class T>
class StableRows {
 public:
  T& append(T value) {
    const std::size_t chunk = size_ / rows_a_chunk;
    PTERO_ASSERT(chunk / chunks_a_branch < branches_.size());
    auto& branch = branches_[chunk / chunks_a_branch];
    if (!branch) branch = std::make_unique<Branch>();
    auto& rows = (*branch)[chunk % chunks_a_branch];
    if (!rows) rows = std::make_unique<Chunk>();
    return (*rows)[size_++ % rows_a_chunk] = std::move(value);
  }
  /// row < size() as known to the reader.
  const T& operator[](std::size_t row) const {
    const std::size_t chunk = row / rows_a_chunk;
    return (*(*branches_[chunk / chunks_a_branch])[chunk % chunks_a_branch])[row % rows_a_chunk];
  }
  T& operator[](std::size_t row) { return const_cast<T&>(std::as_const(*this)[row]); }
  std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t rows_a_chunk = 2048, chunks_a_branch = 2048;
  using Chunk = std::array<T, rows_a_chunk>;
  using Branch = std::array<std::unique_ptr<Chunk>, chunks_a_branch>;
  std::array<std::unique_ptr<Branch>, 1024> branches_;
  std::size_t size_ = 0;
};

}  // namespace ptero::roi
