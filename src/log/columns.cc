// The schema as a list, for header lines: a format that records only names and types.
//
// Tested in tests/unit/log/log_writer_test.cc.
#include "log/columns.h"

namespace synfin {
namespace {

class ColumnList {
 public:
  static constexpr bool kHasMomentarySizes = true;

  void time(std::string_view name, Timestamp) { add(name, "time"); }
  void interval(std::string_view name, std::optional<Duration>) { add(name, "interval"); }
  void addr(std::string_view name, const Address&) { add(name, "addr"); }
  void port(std::string_view name, std::uint16_t) { add(name, "port"); }
  void count(std::string_view name, std::optional<std::uint64_t>) { add(name, "count"); }
  void boolean(std::string_view name, std::optional<bool>) { add(name, "bool"); }
  void word(std::string_view name, std::string_view) { add(name, "string"); }
  void enumeration(std::string_view name, std::string_view) { add(name, "enum"); }
  void text(std::string_view name, std::string_view) { add(name, "string"); }
  void set(std::string_view name) { add(name, "set[string]"); }

  std::vector<LogColumn> columns;

 private:
  void add(std::string_view name, std::string_view type) { columns.push_back({name, type}); }
};

}  // namespace

std::vector<LogColumn> log_columns() {
  ColumnList list;
  visit_columns(list, ConnectionRecord{}, Annotations{});
  return std::move(list.columns);
}

}  // namespace synfin
