// FrequentFile: which end is remote, and the file that comes out.
#include "synfin/report/frequent_file.h"

#include <unistd.h>

#include <fstream>
#include <iterator>

#include "synfin/filter/address_set.h"
#include "unit/enrich/geo_samples.h"

namespace synfin {
namespace {

using namespace std::chrono_literals;

ConnectionRecord record_of(const char* orig, const char* resp, Outcome outcome = Outcome::Closed) {
  ConnectionRecord record;
  record.tuple = {{*Address::parse(orig), 40000}, {*Address::parse(resp), 443}};
  record.first = timestamp_from_ns(1'772'366'400'000'000'000);
  record.last = record.first + 9s;
  record.outcome = outcome;
  return record;
}

void add(FrequentFile& file, const ConnectionRecord& record) {
  Event event;
  event.connection = record;
  const Annotations about;
  const AnnotatedEvent annotated{event, about};
  file.on_events({&annotated, 1});
}

TEST(FrequentFile, HoldsRemoteAddressesForAFilterFile) {
  const test::SampleFolder folder;
  std::array<char, 4096> before;
  ASSERT_NE(getcwd(before.data(), before.size()), nullptr);
  ASSERT_EQ(chdir(folder.path().c_str()), 0);
  auto opened = FrequentFile::open(50, 100);
  ASSERT_TRUE(opened) << opened.error().message;
  FrequentFile& file = **opened;
  add(file, record_of("192.168.0.1", "8.8.8.8"));
  add(file, record_of("9.9.9.9", "192.168.0.1"));
  add(file, record_of("192.168.0.1", "10.0.0.1"));
  add(file, record_of("7.7.7.7", "192.168.0.1", Outcome::Unanswered));
  const std::string path = file.path();
  ASSERT_TRUE(file.finish({}));
  EXPECT_TRUE(path.starts_with("frequent_ips_50pct_")) << path;
  AddressSet listed;
  const Status read = read_address_file(path, listed);
  EXPECT_TRUE(read) << read.error().message;
  std::ifstream in(path);
  const std::string text(std::istreambuf_iterator<char>(in), {});
  for (const char* there : {"8.8.8.8", "9.9.9.9", "10.0.0.1"}) {
    EXPECT_NE(text.find(there), std::string::npos) << there;
  }
  for (const char* not_there : {"192.168.0.1", "7.7.7.7"}) {
    EXPECT_EQ(text.find(not_there), std::string::npos) << not_there;
  }
  ASSERT_EQ(chdir(before.data()), 0);
}

}  // namespace
}  // namespace synfin
