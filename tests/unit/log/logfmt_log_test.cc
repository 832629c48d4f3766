// The logfmt connection log: pairs, absent fields, hostile texts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "synfin/log/log_writer.h"
#include "unit/log/record_samples.h"

namespace synfin {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string line_of(const ConnectionRecord& record, const Annotations& about) {
  std::string out;
  LogWriter::make(*parse_log_format("logfmt"))->append(out, record, about);
  return out;
}

TEST(LogfmtLog, WritesPairsAndOmitsUnsetFields) {
  const std::string line = line_of(single_syn(), {});
  EXPECT_TRUE(line.starts_with("ts=1772375416.123456789 uid=C")) << line;
  EXPECT_THAT(line, HasSubstr(" conn_state=S0 "));
  EXPECT_THAT(line, Not(HasSubstr("duration=")));
  EXPECT_TRUE(line.ends_with("\n"));
}

TEST(LogfmtLog, HostileTextsStayOnOneLine) {
  const std::string line = line_of(closed_record(), hostile_annotations());
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_THAT(line, HasSubstr("orig_name=\""));
}

}  // namespace
}  // namespace synfin
