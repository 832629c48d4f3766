// SocketOwnerCache on records as the eBPF program writes them.
#include "synfin/enrich/socket_owner_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "enrich/socket_record.h"
#include "synfin/enrich/socket_table.h"

namespace synfin {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kOwnNetns = 4026531840;
constexpr Duration kClock = 1000s;
const Endpoint kLocal{Address::from_v4(0xC0000201), 40000};
const Endpoint kRemote{Address::from_v4(0xC6336450), 443};
const Endpoint kBefore{Address::from_v4(0xC0000201), 0};

/// For this reader, every process has ended.
ProcessImage no_process(pid_t) { return {}; }

struct SocketChange {
  std::uint64_t cookie = 1;
  SocketState from = SocketState::Close;
  SocketState to = SocketState::SynSent;
  std::uint32_t pid = 0;
  std::string arguments = {};  // "|" stands for "\0"
  std::vector<std::string> path = {};
  Endpoint local = kLocal;
  Endpoint remote = kRemote;
  Duration time = 5s;
  std::uint32_t netns = kOwnNetns;
  std::string command = "cmd";
};

void store(const Address& address, unsigned char (&out)[16]) {
  for (int i = 0; i < 8; ++i) {
    out[i] = static_cast<unsigned char>(address.high() >> (56 - 8 * i));
    out[i + 8] = static_cast<unsigned char>(address.low() >> (56 - 8 * i));
  }
}

std::string bytes_of(SocketChange change) {
  SocketRecord record{};
  record.time = static_cast<unsigned long long>(change.time.count());
  record.cookie = change.cookie;
  record.netns = change.netns;
  record.pid = change.pid;
  record.uid = 1000;
  record.local_port = change.local.port;
  record.remote_port = change.remote.port;
  store(change.local.address, record.local);
  store(change.remote.address, record.remote);
  record.old_state = static_cast<unsigned char>(change.from);
  record.new_state = static_cast<unsigned char>(change.to);
  std::replace(change.arguments.begin(), change.arguments.end(), '|', '\0');
  record.arguments_size = static_cast<unsigned short>(change.arguments.size());
  record.path_names = static_cast<unsigned short>(change.path.size());
  change.command.copy(record.command, sizeof record.command - 1);
  for (std::size_t i = 0; i < change.path.size(); ++i)
    change.path[i].copy(record.path[i], kMaxNameSize - 1);
  change.arguments.copy(record.arguments, kMaxArguments);
  const std::size_t size = change.pid == 0
                               ? offsetof(SocketRecord, path)
                               : offsetof(SocketRecord, arguments) + change.arguments.size();
  return {reinterpret_cast<const char*>(&record), size};
}

void add(SocketOwnerCache& cache, const SocketChange& change) {
  cache.add(bytes_of(change), kClock);
}

const Timestamp kSince = Timestamp{} + kClock + 5s;

TEST(SocketOwnerCache, ConnectTellsTheProcessAndTheEndsComeLater) {
  SocketOwnerCache cache(kOwnNetns, no_process);
  add(cache,
      {.pid = 7, .arguments = "curl|-s|", .path = {"curl", "bin", "", "usr"}, .local = kBefore});
  EXPECT_EQ(cache.of_connection(kLocal, kRemote, kSince), nullptr);
  add(cache, {.from = SocketState::SynSent, .to = SocketState::Established});
  const auto process = cache.of_connection(kLocal, kRemote, kSince);
  ASSERT_NE(process, nullptr);
  EXPECT_EQ(process->pid, 7u);
  EXPECT_EQ(process->uid, 1000u);
  EXPECT_EQ(process->image.cmdline, "curl -s");
  EXPECT_EQ(process->image.exe, "/usr/bin/curl");
  EXPECT_EQ(cache.of_cookie(1), process);
  EXPECT_EQ(cache.of_connection(kRemote, kLocal, kSince), nullptr);
}

TEST(SocketOwnerCache, WhoHappensToBeThereWhenASoftirqRunsIsNobody) {
  SocketOwnerCache cache(kOwnNetns, no_process);
  add(cache, {.from = SocketState::SynSent, .to = SocketState::Established});
  add(cache, {.from = SocketState::SynRecv, .to = SocketState::Established});
  EXPECT_EQ(cache.of_connection(kLocal, kRemote, kSince), nullptr);
  EXPECT_EQ(cache.of_cookie(1), nullptr);
}

TEST(SocketOwnerCache, WhoConnectedStaysTheOwnerWhoeverCloses) {
  SocketOwnerCache cache(kOwnNetns, no_process);
  add(cache, {.pid = 7});
  add(cache, {.from = SocketState::Established, .to = SocketState::FinWait1, .pid = 8});
  EXPECT_EQ(cache.of_connection(kLocal, kRemote, kSince)->pid, 7u);
}

TEST(SocketOwnerCache, WhoClosesAnAcceptedSocketOwnedIt) {
  SocketOwnerCache cache(kOwnNetns, no_process);
  add(cache, {.from = SocketState::CloseWait, .to = SocketState::LastAck, .pid = 8});
  EXPECT_EQ(cache.of_connection(kLocal, kRemote, kSince)->pid, 8u);
}

TEST(SocketOwnerCache, ASocketFromLongBeforeTheFirstPacketIsAnothers) {
  SocketOwnerCache cache(kOwnNetns, no_process);
  add(cache, {.pid = 7});
  EXPECT_NE(cache.of_connection(kLocal, kRemote, kSince + 200ms), nullptr);
  EXPECT_EQ(cache.of_connection(kLocal, kRemote, kSince + 300ms), nullptr);
  EXPECT_NE(cache.of_cookie(1), nullptr);
}

TEST(SocketOwnerCache, ASocketThatConnectsAgainBelongsToWhoDoes) {
  SocketOwnerCache cache(kOwnNetns, no_process);
  const Endpoint second{kLocal.address, 40001};
  add(cache, {.pid = 7});
  add(cache, {.pid = 8, .local = second, .time = 60s});
  EXPECT_EQ(cache.of_connection(kLocal, kRemote, kSince), nullptr);
  EXPECT_EQ(cache.of_connection(second, kRemote, kSince + 55s)->pid, 8u);
}

TEST(SocketOwnerCache, OurOwnNamespaceGoesFirst) {
  SocketOwnerCache cache(kOwnNetns, no_process);
  add(cache, {.cookie = 1, .pid = 7});
  add(cache, {.cookie = 2, .pid = 8, .netns = kOwnNetns + 1});
  EXPECT_EQ(cache.of_connection(kLocal, kRemote, kSince)->pid, 7u);
  add(cache, {.cookie = 3, .pid = 9, .remote = kLocal, .netns = kOwnNetns + 1});
  EXPECT_EQ(cache.of_connection(kLocal, kLocal, kSince)->pid, 9u);
}

TEST(SocketOwnerCache, AListenerIsFoundByAnyOfItsAddressesUntilItEnds) {
  for (const Address& at : {kLocal.address, Address::from_v4(0), Address{}}) {
    SocketOwnerCache cache(kOwnNetns, no_process);
    const SocketChange listen{.to = SocketState::Listen, .pid = 7, .local = {at, 80}, .remote = {}};
    add(cache, listen);
    EXPECT_EQ(cache.of_listener({kLocal.address, 80}, kSince)->pid, 7u);
    EXPECT_EQ(cache.of_listener({kLocal.address, 81}, kSince), nullptr);
    SocketChange end{.from = SocketState::Listen, .to = SocketState::Close, .remote = {}};
    end.time = 9s;
    add(cache, end);
    EXPECT_NE(cache.of_listener({kLocal.address, 80}, kSince), nullptr);
    EXPECT_EQ(cache.of_listener({kLocal.address, 80}, kSince + 5s), nullptr);
  }
}

TEST(SocketOwnerCache, AnExitingProcessHasTheWordsThatItHad) {
  SocketOwnerCache cache(kOwnNetns, no_process);
  add(cache, {.cookie = 1, .pid = 7, .arguments = "serve|80|", .path = {"serve"}});
  add(cache,
      {.cookie = 2, .from = SocketState::Established, .to = SocketState::FinWait1, .pid = 7});
  EXPECT_EQ(cache.of_cookie(2)->image.cmdline, "serve 80");
  EXPECT_EQ(cache.of_cookie(2)->image.exe, "/serve");
}

TEST(SocketOwnerCache, WhatTheKernelDoesNotTellComesFromProc) {
  SocketOwnerCache cache(kOwnNetns, [](pid_t) { return ProcessImage{"/usr/bin/x", "x y"}; });
  add(cache, {.pid = 7});
  EXPECT_EQ(cache.of_cookie(1)->image.cmdline, "x y");
  EXPECT_EQ(cache.of_cookie(1)->image.exe, "/usr/bin/x");
  SocketOwnerCache others(kOwnNetns, no_process);
  add(others, {.pid = 7});
  EXPECT_EQ(others.of_cookie(1)->image.exe, "cmd");
}

TEST(SocketOwnerCache, TheOldestGoFirst) {
  SocketOwnerCache cache(kOwnNetns, no_process);
  for (std::uint64_t cookie = 1; cookie <= 10'000; ++cookie) {
    SocketChange change{.cookie = cookie, .pid = 7};
    change.local.port = static_cast<std::uint16_t>(cookie);
    add(cache, change);
  }
  EXPECT_EQ(cache.of_cookie(1), nullptr);
  EXPECT_EQ(cache.of_connection({kLocal.address, 1}, kRemote, kSince), nullptr);
  EXPECT_NE(cache.of_cookie(10'000), nullptr);
  EXPECT_EQ(cache.of_cookie(10'000),
            cache.of_connection({kLocal.address, 10'000}, kRemote, kSince));
}

TEST(SocketOwnerCache, AShortRecordIsLeftOut) {
  SocketOwnerCache cache(kOwnNetns, no_process);
  const std::string whole = bytes_of({.pid = 7, .arguments = "a|b|"});
  for (std::size_t size = 0; size < whole.size(); ++size)
    cache.add(std::span(whole).first(size), kClock);
  EXPECT_EQ(cache.of_cookie(1), nullptr);
  cache.add(whole, kClock);
  EXPECT_NE(cache.of_cookie(1), nullptr);
}

}  // namespace
}  // namespace synfin
