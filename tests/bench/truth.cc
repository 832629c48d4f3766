#include "bench/truth.h"

#include <cinttypes>
#include <map>
#include <string_view>

namespace synfin::bench {
namespace {

/// `"name":{"SF":1,…}`: endings that an observer cannot distinguish are summed.
void print_counts(std::FILE* out, const char* name,
                  const std::array<std::uint64_t, kEndings>& endings,
                  std::string_view (*word)(Ending)) {
  std::map<std::string_view, std::uint64_t> counts;
  for (int i = 0; i < kEndings; ++i) {
    if (const std::uint64_t n = endings[static_cast<std::size_t>(i)])
      counts[word(static_cast<Ending>(i))] += n;
  }
  std::fprintf(out, "    \"%s\": {", name);
  const char* separator = "";
  for (const auto& [key, count] : counts) {
    std::fprintf(out, "%s\"%.*s\": %" PRIu64, separator, static_cast<int>(key.size()), key.data(),
                 count);
    separator = ", ";
  }
  std::fprintf(out, "},\n");
}

}  // namespace

void Truth::print(std::FILE* out) const {
  std::uint64_t total = 0;
  for (const std::uint64_t n : endings) total += n;
  std::fprintf(out, "{\n  \"packets\": %" PRIu64 ",\n  \"file_bytes\": %" PRIu64 ",\n",
               packets[0] + packets[1], file_bytes);
  std::fprintf(out, "  \"most_at_once\": %" PRIu64 ",\n  \"v6_connections\": %" PRIu64 ",\n",
               most_at_once, v6_connections);
  std::fprintf(out, "  \"connections\": {\n    \"total\": %" PRIu64 ",\n", total);
  print_counts(out, "by_state", endings, conn_state_of);
  print_counts(out, "by_outcome", endings, outcome_of);
  const char* const sides[] = {"orig", "resp"};
  for (std::size_t i = 0; i < 2; ++i) {
    std::fprintf(out,
                 "    \"%s_bytes\": %" PRIu64 ",\n    \"%s_pkts\": %" PRIu64
                 ",\n    \"%s_ip_bytes\": %" PRIu64 ",\n",
                 sides[i], bytes[i], sides[i], packets[i], sides[i], ip_bytes[i]);
  }
  std::fprintf(out, "    \"syn_retries\": %" PRIu64 "\n  }\n}\n", syn_retries);
}

}  // namespace synfin::bench
