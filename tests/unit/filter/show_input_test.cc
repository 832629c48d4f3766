#include "synfin/filter/show_input.h"

#include <gtest/gtest.h>

namespace synfin {
namespace {

TEST(ShowInput, RefusesWhatItsInputNeverKnows) {
  const auto error_on = [](Status (*check)(const ShowExpression&), const char* text) {
    const Status checked = check(ShowExpression::parse(text).value());
    if (checked) return std::string{};
    EXPECT_EQ(checked.error().kind, ErrorKind::Usage);
    return checked.error().message;
  };
  for (const char* text : {"process:curl", "pid:7", "-user:bob", "unit:nginx"})
    EXPECT_NE(error_on(check_show_on_capture, text).find("hold no processes"), std::string::npos);
  EXPECT_NE(error_on(check_show_on_capture, "name:example.org").find("DNS"), std::string::npos);
  EXPECT_EQ(error_on(check_show_on_capture, "port:443 host:example.org"), "");
  EXPECT_EQ(error_on(check_show_on_log, "process:curl user:bob pid:7 name:example.org"), "");
  EXPECT_NE(error_on(check_show_on_log, "unit:nginx").find("no units"), std::string::npos);
}

}  // namespace
}  // namespace synfin
