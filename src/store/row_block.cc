// See row_block.h.
#include "store/row_block.h"

#include <utility>

#include "store/block.h"
#include "synfin/base/mix.h"

namespace synfin {
namespace {

constexpr std::size_t kFirstRows = 16;  ///< few, because packets of many days make many blocks
constexpr std::size_t kFirstSlots = 64;
/// Bytes between columns. Their sizes are powers of two, so that without gaps the values of a row
/// would be in the same set of the processor's cache.
constexpr std::size_t kGap = 64;

// The head of a column of type LowCardinality: the version of its layout, and flags: its numbers
// have 16 bits, and the texts to which they refer follow.
constexpr std::uint64_t kTextsVersion = 1;
constexpr std::uint64_t kTextsFollow = 1 << 9 | 1;

/// Writes `count` numbers of `width` bytes, which are those of `same`.
void fill_with(char* at, std::uint64_t same, std::size_t width, std::size_t count) {
  const auto fill = [&](auto number) {
    std::memcpy(&number, &same, sizeof number);
    for (; count > 0; --count, at += sizeof number) std::memcpy(at, &number, sizeof number);
  };
  switch (width) {
    case 1:
      return fill(std::uint8_t{});
    case 2:
      return fill(std::uint16_t{});
    case 4:
      return fill(std::uint32_t{});
    default:
      return fill(std::uint64_t{});
  }
}

/// Collects short pieces in `scratch` and compresses them together; compresses a long column
/// without copying it.
class ColumnCompressor {
 public:
  ColumnCompressor(RowBuffer& scratch, RowBuffer& out) : scratch_(scratch), out_(out) {
    scratch_.clear();
  }

  void append(std::string_view bytes) {
    if (bytes.size() < kShort) {
      scratch_.append(bytes);
      return;
    }
    flush();
    compress_blocks(bytes, out_);
  }
  void append_random(std::string_view bytes) {
    flush();
    copy_blocks(bytes, out_);
  }
  /// `rows` values whose bytes are those of `same`.
  void append_same(std::uint64_t same, std::size_t width, std::size_t rows) {
    for (std::size_t some = 0; rows > 0; rows -= some) {
      some = std::min(rows, kSameRows);
      fill_with(scratch_.extend(some * width), same, width, some);
      if (scratch_.size() >= kShort) flush();
    }
  }
  void flush() {
    compress_blocks(scratch_.view(), out_);
    scratch_.clear();
  }

 private:
  static constexpr std::size_t kShort = std::size_t{32} << 10;
  static constexpr std::size_t kSameRows = 4096;

  RowBuffer& scratch_;
  RowBuffer& out_;
};

void append_number(RowBuffer& out, std::uint64_t n) {
  std::memcpy(out.extend(sizeof n), &n, sizeof n);
}

template <typename Word>
std::uint64_t load(const char* at) {
  Word word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

/// True if a value is a number, which may be the same in all rows.
bool is_number(const StoreColumn& column) {
  return column.width > 0 && !column.type.starts_with("FixedString") &&
         !column.type.starts_with("Array");
}

/// Up to 8 bytes as one number, which for texts of the same size is different for different texts.
std::uint64_t load_short(std::string_view text) {
  const char* const end = text.data() + text.size();
  if (text.size() >= 4)
    return load<std::uint32_t>(text.data()) | load<std::uint32_t>(end - 4) << 32;
  if (text.empty()) return 0;
  return load<std::uint8_t>(text.data()) | load<std::uint8_t>(text.data() + text.size() / 2) << 8 |
         load<std::uint8_t>(end - 1) << 16;
}

/// The hash is not seeded: chosen texts can collide, which costs only the time to search the texts
/// of one batch.
std::uint64_t hash_of(std::string_view text) {
  constexpr std::uint64_t kA = 0x9E3779B97F4A7C15, kB = 0xD1B54A32D192ED03;
  std::uint64_t hash = text.size() * kB;
  for (; text.size() > 8; text.remove_prefix(8))
    hash = mix64(hash ^ load<std::uint64_t>(text.data()), kA);
  return mix64(hash ^ load_short(text) ^ kB, kA);
}

}  // namespace

void append_size(RowBuffer& out, std::size_t size) {
  for (; size >= 0x80; size >>= 7) *out.extend(1) = static_cast<char>((size & 0x7F) | 0x80);
  *out.extend(1) = static_cast<char>(size);
}

void append_text(RowBuffer& out, std::string_view text) {
  append_size(out, text.size());
  out.append(text);
}

void DistinctTexts::clear() {
  texts_.clear();
  bytes_.clear();
  slots_.assign(kFirstSlots, 0);
  last_ = 0;
  append_text(bytes_, {});
  texts_.push_back({1, 0, 0});
}

std::uint16_t DistinctTexts::search(std::string_view wanted) {
  const std::uint64_t hash = hash_of(wanted);
  std::size_t slot = hash & (slots_.size() - 1);
  while (slots_[slot] != 0) {
    const std::uint16_t number = slots_[slot];
    if (texts_[number].hash == hash && text(number) == wanted) return last_ = number;
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return last_ = add(wanted, hash);
}

std::uint16_t DistinctTexts::add(std::string_view text, std::uint64_t hash) {
  append_text(bytes_, text);
  const auto number = static_cast<std::uint16_t>(texts_.size());
  texts_.push_back({static_cast<std::uint32_t>(bytes_.size() - text.size()),
                    static_cast<std::uint32_t>(text.size()), hash});
  if (texts_.size() * 2 <= slots_.size()) {
    index(number);
  } else {
    slots_.assign(slots_.size() * 2, 0);
    for (std::size_t i = 1; i < texts_.size(); ++i) index(static_cast<std::uint16_t>(i));
  }
  return number;
}

void DistinctTexts::index(std::uint16_t number) {
  std::size_t slot = texts_[number].hash & (slots_.size() - 1);
  while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
  slots_[slot] = number;
}

RowBlock::RowBlock(const std::vector<StoreColumn>& columns)
    : names_(columns), columns_(columns.size()) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    columns_[i].width = columns[i].width;
    columns_[i].random = columns[i].random;
    columns_[i].may_be_same = is_number(columns[i]);
    columns_[i].varies = !columns_[i].may_be_same;
    row_width_ += columns[i].width;
    if (columns[i].distinct) columns_[i].distinct = std::make_unique<DistinctTexts>();
  }
}

void RowBlock::grow() {
  const std::size_t capacity = std::max(kFirstRows, capacity_ * 2);
  std::unique_ptr<char[]> values(new char[capacity * row_width_ + columns_.size() * kGap]);
  std::size_t begin = 0;
  for (Column& column : columns_) {
    char* const moved = values.get() + begin;
    if (rows_ > 0 && column.varies && column.width > 0)
      std::memcpy(moved, column.values, rows_ * column.width);
    column.values = moved;
    begin += capacity * column.width + kGap;
  }
  values_ = std::move(values);
  capacity_ = capacity;
}

void RowBlock::spread(Column& column, std::size_t rows) {
  fill_with(column.values, column.same, column.width, rows);
  column.varies = true;
}

void RowBlock::compress(RowBuffer& scratch, RowBuffer& out) const {
  ColumnCompressor compressor(scratch, out);
  append_size(scratch, columns_.size());
  append_size(scratch, rows_);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    append_text(scratch, names_[i].name);
    append_text(scratch, names_[i].type);
    if (column.distinct) {
      append_number(scratch, kTextsVersion);
      append_number(scratch, kTextsFollow);
      append_number(scratch, column.distinct->size());
      compressor.append(column.distinct->view());
      append_number(scratch, rows_);
    }
    if (column.random) {
      compressor.append_random({column.values, rows_ * column.width});
    } else if (column.varies) {
      compressor.append({column.values, rows_ * column.width});
    } else {
      compressor.append_same(column.same, column.width, rows_);
    }
    compressor.append(column.texts.view());
  }
  compressor.flush();
}

void RowBlock::clear() {
  for (Column& column : columns_) {
    column.texts.clear();
    if (column.distinct) column.distinct->clear();
    column.varies = !column.may_be_same;
  }
  rows_ = text_bytes_ = 0;
  full_ = false;
}

}  // namespace synfin
