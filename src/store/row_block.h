/// \file
/// RowBlock: the rows of one batch, column by column, in ClickHouse's format Native.
///
///     visit_columns(RowBlock::Writer) for each row → columns → compress()
///
/// Values of one column compress well, and a text that a column repeats is written once. Both save
/// processor time here and in the server, compared with a format of rows. Half of the columns have
/// the same value in all rows of a batch; it is kept once until another one comes. A value has the
/// bytes of its type in little-endian order. A text begins with its length in LEB128. A column of
/// type LowCardinality is a list of texts and an index into it for each row. An array is written as
/// the count of items up to the end of each row, and then all items
/// (https://clickhouse.com/docs/en/interfaces/formats#native).
/// Tested in tests/unit/store/row_block_test.cc and, by a server, in tests/store/.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "store/columns.h"
#include "store/row_buffer.h"

namespace synfin {

/// Appends a number as LEB128.
void append_size(RowBuffer& out, std::size_t size);
/// Appends a text with its length.
void append_text(RowBuffer& out, std::string_view text);

/// The distinct texts of a column, numbered in the order in which they came. Text 0 is the empty
/// one. At most kMax of them.
class DistinctTexts {
 public:
  static constexpr std::size_t kMax = 65'535;

  DistinctTexts() { clear(); }

  /// The number of `text`. REQUIRES: not full().
  std::uint16_t number_of(std::string_view text) {
    if (text.empty()) return 0;
    return text == last() ? last_ : search(text);
  }
  /// True if no further text may get a number.
  bool full() const { return texts_.size() >= kMax; }
  std::size_t size() const { return texts_.size(); }
  /// All of them in order, each with its length.
  std::string_view view() const { return bytes_.view(); }
  void clear();

 private:
  struct Text {
    std::uint32_t begin = 0, size = 0;  ///< in `bytes_`
    std::uint64_t hash = 0;
  };

  std::string_view text(std::uint16_t number) const {
    return bytes_.view().substr(texts_[number].begin, texts_[number].size);
  }
  std::string_view last() const { return text(last_); }
  std::uint16_t search(std::string_view text);
  std::uint16_t add(std::string_view text, std::uint64_t hash);
  void index(std::uint16_t number);

  std::vector<Text> texts_;
  std::vector<std::uint16_t> slots_;  ///< numbers by hash, with linear probing; 0: none
  RowBuffer bytes_;
  std::uint16_t last_ = 0;
};

/// Used by one thread at a time.
class RowBlock {
 public:
  class Writer;

  /// `columns` must outlive the block.
  explicit RowBlock(const std::vector<StoreColumn>& columns);

  std::size_t rows() const { return rows_; }
  /// About the size of the block before compression.
  std::size_t bytes() const { return rows_ * row_width_ + text_bytes_; }
  /// True if a column has no number left for a further text.
  bool full() const { return full_; }

  /// Begins a row. The writer must then write each column once, in order. REQUIRES: not full().
  Writer add_row();
  /// Appends the block in compressed form. `scratch` is overwritten. REQUIRES: rows() > 0.
  void compress(RowBuffer& scratch, RowBuffer& out) const;
  /// Removes the rows, and keeps the memory.
  void clear();

 private:
  struct Column {
    char* values = nullptr;  ///< values of fixed width, numbers of texts, or ends of arrays
    std::uint64_t same = 0;  ///< the bytes of the value of all rows, if not `varies`
    bool varies = true;      ///< each row has its value in `values`
    bool may_be_same = false;
    bool random = false;    ///< compression would only take time
    std::size_t width = 0;  ///< of each value; 0: a text
    RowBuffer texts;        ///< or the items of arrays
    std::unique_ptr<DistinctTexts> distinct;
  };

  void grow();
  /// Gives each of the first `rows` rows the value that all of them have.
  static void spread(Column& column, std::size_t rows);

  const std::vector<StoreColumn>& names_;
  std::vector<Column> columns_;
  std::unique_ptr<char[]> values_;  ///< of all columns
  std::size_t rows_ = 0, capacity_ = 0;
  std::size_t row_width_ = 0;
  std::size_t text_bytes_ = 0;
  bool full_ = false;
};

/// Writes the columns of one row, as a format of visit_columns(). Its functions are inlined,
/// because a call would take longer than the work of the function.
class RowBlock::Writer {
 public:
  [[gnu::always_inline]] void day(std::string_view, std::uint16_t days) { put(days); }
  template <typename Number>
  [[gnu::always_inline]] void number(std::string_view, Number n) {
    put(n);
  }
  [[gnu::always_inline]] void flag(std::string_view, bool set) {
    put(static_cast<std::uint8_t>(set ? 1 : 0));
  }
  template <int Count, typename Enum>
  [[gnu::always_inline]] void word(std::string_view, Enum e) {
    put(static_cast<std::int8_t>(e));
  }
  [[gnu::always_inline]] void few(std::string_view, std::string_view text) {
    const std::uint16_t number = text.empty() ? std::uint16_t{0} : number_of(text);
    put(number);
  }
  /// A text that is the same in all rows of a batch.
  [[gnu::always_inline]] void same(std::string_view name, std::string_view text) {
    if (row_ == 0) return few(name, text);
    put(static_cast<std::uint16_t>(text.empty() ? 0 : 1));
  }
  [[gnu::always_inline]] void text(std::string_view, std::string_view text) {
    if (text.empty()) {
      *column_->texts.extend(1) = 0;
    } else {
      append_text(column_->texts, text);
    }
    block_.text_bytes_ += text.size() + 1;
    ++column_;
  }
  template <std::size_t Size>
  [[gnu::always_inline]] void hash(std::string_view, std::string_view text) {
    char* const at = next(Size);
    const std::size_t some = std::min(Size, text.size());
    std::memcpy(at, text.data(), some);
    std::memset(at + some, 0, Size - some);
  }
  [[gnu::always_inline]] void address(std::string_view, const Address& a) {
    const std::uint64_t halves[] = {__builtin_bswap64(a.high()), __builtin_bswap64(a.low())};
    std::memcpy(next(sizeof halves), halves, sizeof halves);
  }
  /// Any container of texts.
  template <typename Texts>
  void texts(std::string_view, const Texts& all) {
    for (const auto& one : all) {
      append_text(column_->texts, one);
      block_.text_bytes_ += one.size() + 1;
    }
    put_end(all.size());
  }
  template <typename Numbers>
  void numbers(std::string_view, const Numbers& all) {
    for (const auto one : all) {
      std::memcpy(column_->texts.extend(sizeof one), &one, sizeof one);
      block_.text_bytes_ += sizeof one;
    }
    put_end(all.size());
  }

 private:
  friend class RowBlock;
  Writer(RowBlock& block, std::size_t row)
      : block_(block), column_(block.columns_.data()), row_(row) {}

  /// The place of the next value, whose column has this width.
  [[gnu::always_inline]] char* next(std::size_t width) {
    char* const at = column_->values + row_ * width;
    ++column_;
    return at;
  }
  template <typename Number>
  [[gnu::always_inline]] void put(Number n) {
    if (!column_->varies) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, &n, sizeof n);
      if (row_ == 0) column_->same = bytes;
      if (column_->same == bytes) {
        ++column_;
        return;
      }
      spread(*column_, row_);
    }
    std::memcpy(next(sizeof n), &n, sizeof n);
  }
  void put_end(std::uint64_t count) {
    std::uint64_t before = 0;
    if (row_ > 0) std::memcpy(&before, column_->values + (row_ - 1) * sizeof before, sizeof before);
    const std::uint64_t end = before + count;
    std::memcpy(next(sizeof end), &end, sizeof end);
  }
  std::uint16_t number_of(std::string_view text) {
    DistinctTexts& distinct = *column_->distinct;
    const std::size_t before = distinct.view().size();
    const std::uint16_t number = distinct.number_of(text);
    block_.text_bytes_ += distinct.view().size() - before;
    if (distinct.full()) block_.full_ = true;
    return number;
  }

  RowBlock& block_;
  Column* column_;
  std::size_t row_;
};

inline RowBlock::Writer RowBlock::add_row() {
  if (rows_ == capacity_) grow();
  return {*this, rows_++};
}

}  // namespace synfin
