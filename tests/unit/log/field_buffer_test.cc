// FieldBuffer against std::to_string() and the functions of base/time.h.
#include "log/field_buffer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>

#include "log/columns.h"

namespace synfin {
namespace {

template <typename Put>
std::string written(Put put) {
  std::string out;
  {
    FieldBuffer buffer(out);
    put(buffer);
  }
  return out;
}

TEST(FieldBuffer, DecimalsOfEveryLength) {
  std::uint64_t n = 0;
  for (int digits = 0; digits <= 20; ++digits, n = n * 10 + static_cast<unsigned>(digits % 10)) {
    for (const std::uint64_t v : {n, n - 1, n + 1}) {
      EXPECT_EQ(written([&](FieldBuffer& b) { b.put_decimal(v); }), std::to_string(v));
    }
  }
  EXPECT_EQ(written([](FieldBuffer& b) { b.put_decimal(UINT64_MAX); }), "18446744073709551615");
}

TEST(FieldBuffer, SecondsEqualThoseOfBaseTime) {
  for (const std::int64_t ns :
       {std::int64_t{0}, std::int64_t{1}, std::int64_t{999}, std::int64_t{1000}, std::int64_t{-1},
        std::int64_t{-1'500'000'000}, std::int64_t{219'720'000}, std::int64_t{1'000'000'000},
        std::int64_t{1300475168'855330000}, std::int64_t{1772375416'123456789},
        std::int64_t{59'000'000'010}, std::numeric_limits<std::int64_t>::max(),
        std::numeric_limits<std::int64_t>::min()}) {
    EXPECT_EQ(written([&](FieldBuffer& b) { b.put_seconds(ns); }),
              format_epoch(timestamp_from_ns(ns)));
  }
  EXPECT_EQ(written([](FieldBuffer& b) { b.put_seconds(1300475168'855330000); }),
            "1300475168.855330");
}

TEST(FieldBuffer, HoldsTheMaximumNumberOfFields) {
  std::string out;
  std::string expected;
  {
    FieldBuffer buffer(out);
    for (unsigned i = 0; i < FieldBuffer::kMaxFields; ++i) {
      buffer.put(std::string(FieldBuffer::kMaxField, static_cast<char>('a' + i % 26)));
      expected.append(FieldBuffer::kMaxField, static_cast<char>('a' + i % 26));
    }
  }
  EXPECT_EQ(out, expected);
}

TEST(FieldBuffer, ALineHasFewerFieldsThanTheMaximum) {
  EXPECT_LT(log_columns().size(), FieldBuffer::kMaxFields);  // which leaves space for the braces
}

TEST(FieldBuffer, LongTextIsWrittenInOrder) {
  EXPECT_EQ(written([](FieldBuffer& b) {
              b.put("one,");
              b.flushed() += std::string(3000, 'x');
              b.put(',');
              b.replace_last(';');
            }),
            "one," + std::string(3000, 'x') + ";");
}

TEST(FieldBuffer, AppendsToTheExistingText) {
  std::string out = "before ";
  {
    FieldBuffer buffer(out);
    buffer.put_address(Address::parse("2001:db8::1").value());
    buffer.put(' ');
    buffer.put_address(Address::from_v4(0xC0000201));
  }
  EXPECT_EQ(out, "before 2001:db8::1 192.0.2.1");
}

}  // namespace
}  // namespace synfin
