// What EvidenceText writes is read back: the same facts give the same words.
#include "log/evidence_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/log/record_samples.h"

namespace synfin {
namespace {

/// Records of all causes, with every fact that has words.
std::vector<ConnectionRecord> records() {
  std::vector<ConnectionRecord> all;
  const auto add = [&all](Cause cause) -> ConnectionRecord& {
    ConnectionRecord& r = all.emplace_back(closed_record());
    r.cause.cause = cause;
    return r;
  };
  add(Cause::Refused);
  add(Cause::RefusedOnPath).end_ttl = 61;
  ConnectionRecord& reset = add(Cause::ResetOnPath);
  reset.end_ttl = 61;
  reset.cause.host_ttl = 57;
  add(Cause::Filtered);
  add(Cause::Filtered).cause.answering_ports = {22, 80};
  add(Cause::Filtered).cause.answering_ports = {0, 443};
  add(Cause::Filtered).cause.port_answers = true;
  add(Cause::HostAway).cause.network_answers = true;
  add(Cause::HostAway).cause.answered_before = true;
  add(Cause::HostAway).syn_retries = 3;
  ConnectionRecord& unreachable = add(Cause::Unreachable);
  unreachable.icmp_type = 3;
  unreachable.icmp_code = 10;
  unreachable.cause.icmp_sender = Address::parse("192.0.2.254").value();
  add(Cause::HandshakeIncomplete);
  add(Cause::AcceptedDropped);
  ConnectionRecord& hole = add(Cause::MtuBlackHole);
  hole.cause.stuck_bytes = 1460;
  hole.cause.stuck_times = 5;
  hole.cause.stuck_by_orig = true;
  add(Cause::Backscatter);
  return all;
}

TEST(ReadEvidence, GivesTheSameWords) {
  for (const ConnectionRecord& record : records()) {
    const std::string words(EvidenceText(record).view());
    ConnectionRecord read = record;
    read.cause = {};
    read.cause.cause = record.cause.cause;
    read.end_ttl = read.icmp_type = read.icmp_code = 0;
    read_evidence(words, read);
    EXPECT_EQ(EvidenceText(read).view(), words);
  }
}

TEST(ReadEvidence, IgnoresOtherWords) {
  for (const char* words :
       {"", "RST with TTL 300", "ICMP", "ICMP 3/x", "9 SYNs; the host answers on", "x repeated ",
        "SYN; ", "words of a later version"}) {
    ConnectionRecord record;
    read_evidence(words, record);
    EXPECT_EQ(record.cause.answering_ports, (std::array<std::uint16_t, 2>{})) << words;
    EXPECT_EQ(record.end_ttl, 0) << words;
  }
}

}  // namespace
}  // namespace synfin
