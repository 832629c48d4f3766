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

constexpr std::uint32_t kOurs = 4026531840;
constexpr Duration kClock = 1000s;
const Endpoint kLocal{Address::from_v4(0xC0000201), 40000};
const Endpoint kRemote{Address::from_v4(0xC6336450), 443};
const Endpoint kBefore{Address::from_v4(0xC0000201), 0};

/// Everybody is dead.
ProcessImage nobody(pid_t) { return {}; }

struct Told {
  std::uint64_t cookie = 1;
  SocketState from = SocketState::Close;
  SocketState to = SocketState::SynSent;
  std::uint32_t pid = 0;
  std::string words = {};  // "\0" as "|"
  std::vector<std::string> path = {};
  Endpoint local = kLocal;
  Endpoint remote = kRemote;
  Duration time = 5s;
  std::uint32_t netns = kOurs;
  std::string command = "cmd";
};

void store(const Address& address, unsigned char (&out)[16]) {
  for (int i = 0; i < 8; ++i) {
    out[i] = static_cast<unsigned char>(address.high() >> (56 - 8 * i));
    out[i + 8] = static_cast<unsigned char>(address.low() >> (56 - 8 * i));
  }
}

std::string bytes_of(Told told) {
  SocketRecord record{};
  record.time = static_cast<unsigned long long>(told.time.count());
  record.cookie = told.cookie;
  record.netns = told.netns;
  record.pid = told.pid;
  record.uid = 1000;
  record.local_port = told.local.port;
  record.remote_port = told.remote.port;
  store(told.local.address, record.local);
  store(told.remote.address, record.remote);
  record.old_state = static_cast<unsigned char>(told.from);
  record.new_state = static_cast<unsigned char>(told.to);
  std::replace(told.image.begin(), told.image.end(), '|', '\0');
  record.arguments_size = static_cast<unsigned short>(told.image.size());
  record.path_names = static_cast<unsigned short>(told.path.size());
  told.command.copy(record.command, sizeof record.command - 1);
  for (std::size_t i = 0; i < told.path.size(); ++i)
    told.path[i].copy(record.path[i], kMaxNameSize - 1);
  told.image.copy(record.arguments, kMaxArguments);
  const std::size_t size = told.pid == 0 ? offsetof(SocketRecord, path)
                                         : offsetof(SocketRecord, arguments) + told.image.size();
  return {reinterpret_cast<const char*>(&record), size};
}

void take(SocketOwnerCache& deeds, const Told& told) { deeds.add(bytes_of(told), kClock); }

const Timestamp kSince = Timestamp{} + kClock + 5s;

TEST(SocketOwnerCache, ConnectTellsTheProcessAndTheEndsComeLater) {
  SocketOwnerCache deeds(kOurs, nobody);
  take(deeds,
       {.pid = 7, .words = "curl|-s|", .path = {"curl", "bin", "", "usr"}, .local = kBefore});
  EXPECT_EQ(deeds.of_connection(kLocal, kRemote, kSince), nullptr);
  take(deeds, {.from = SocketState::SynSent, .to = SocketState::Established});
  const auto process = deeds.of_connection(kLocal, kRemote, kSince);
  ASSERT_NE(process, nullptr);
  EXPECT_EQ(process->pid, 7u);
  EXPECT_EQ(process->uid, 1000u);
  EXPECT_EQ(process->image.cmdline, "curl -s");
  EXPECT_EQ(process->image.exe, "/usr/bin/curl");
  EXPECT_EQ(deeds.of_cookie(1), process);
  EXPECT_EQ(deeds.of_connection(kRemote, kLocal, kSince), nullptr);
}

TEST(SocketOwnerCache, WhoHappensToBeThereWhenASoftirqRunsIsNobody) {
  SocketOwnerCache deeds(kOurs, nobody);
  take(deeds, {.from = SocketState::SynSent, .to = SocketState::Established});
  take(deeds, {.from = SocketState::SynRecv, .to = SocketState::Established});
  EXPECT_EQ(deeds.of_connection(kLocal, kRemote, kSince), nullptr);
  EXPECT_EQ(deeds.of_cookie(1), nullptr);
}

TEST(SocketOwnerCache, WhoConnectedStaysTheOwnerWhoeverCloses) {
  SocketOwnerCache deeds(kOurs, nobody);
  take(deeds, {.pid = 7});
  take(deeds, {.from = SocketState::Established, .to = SocketState::FinWait1, .pid = 8});
  EXPECT_EQ(deeds.of_connection(kLocal, kRemote, kSince)->pid, 7u);
}

TEST(SocketOwnerCache, WhoClosesAnAcceptedSocketOwnedIt) {
  SocketOwnerCache deeds(kOurs, nobody);
  take(deeds, {.from = SocketState::CloseWait, .to = SocketState::LastAck, .pid = 8});
  EXPECT_EQ(deeds.of_connection(kLocal, kRemote, kSince)->pid, 8u);
}

TEST(SocketOwnerCache, ASocketFromLongBeforeTheFirstPacketIsAnothers) {
  SocketOwnerCache deeds(kOurs, nobody);
  take(deeds, {.pid = 7});
  EXPECT_NE(deeds.of_connection(kLocal, kRemote, kSince + 200ms), nullptr);
  EXPECT_EQ(deeds.of_connection(kLocal, kRemote, kSince + 300ms), nullptr);
  EXPECT_NE(deeds.of_cookie(1), nullptr);
}

TEST(SocketOwnerCache, ASocketThatConnectsAgainBelongsToWhoDoes) {
  SocketOwnerCache deeds(kOurs, nobody);
  const Endpoint second{kLocal.address, 40001};
  take(deeds, {.pid = 7});
  take(deeds, {.pid = 8, .local = second, .time = 60s});
  EXPECT_EQ(deeds.of_connection(kLocal, kRemote, kSince), nullptr);
  EXPECT_EQ(deeds.of_connection(second, kRemote, kSince + 55s)->pid, 8u);
}

TEST(SocketOwnerCache, OurOwnNamespaceGoesFirst) {
  SocketOwnerCache deeds(kOurs, nobody);
  take(deeds, {.cookie = 1, .pid = 7});
  take(deeds, {.cookie = 2, .pid = 8, .netns = kOurs + 1});
  EXPECT_EQ(deeds.of_connection(kLocal, kRemote, kSince)->pid, 7u);
  take(deeds, {.cookie = 3, .pid = 9, .remote = kLocal, .netns = kOurs + 1});
  EXPECT_EQ(deeds.of_connection(kLocal, kLocal, kSince)->pid, 9u);
}

TEST(SocketOwnerCache, AListenerIsFoundByAnyOfItsAddressesUntilItEnds) {
  for (const Address& at : {kLocal.address, Address::from_v4(0), Address{}}) {
    SocketOwnerCache deeds(kOurs, nobody);
    const Told listen{.to = SocketState::Listen, .pid = 7, .local = {at, 80}, .remote = {}};
    take(deeds, listen);
    EXPECT_EQ(deeds.of_listener({kLocal.address, 80}, kSince)->pid, 7u);
    EXPECT_EQ(deeds.of_listener({kLocal.address, 81}, kSince), nullptr);
    Told end{.from = SocketState::Listen, .to = SocketState::Close, .remote = {}};
    end.time = 9s;
    take(deeds, end);
    EXPECT_NE(deeds.of_listener({kLocal.address, 80}, kSince), nullptr);
    EXPECT_EQ(deeds.of_listener({kLocal.address, 80}, kSince + 5s), nullptr);
  }
}

TEST(SocketOwnerCache, AnExitingProcessHasTheWordsThatItHad) {
  SocketOwnerCache deeds(kOurs, nobody);
  take(deeds, {.cookie = 1, .pid = 7, .words = "serve|80|", .path = {"serve"}});
  take(deeds,
       {.cookie = 2, .from = SocketState::Established, .to = SocketState::FinWait1, .pid = 7});
  EXPECT_EQ(deeds.of_cookie(2)->image.cmdline, "serve 80");
  EXPECT_EQ(deeds.of_cookie(2)->image.exe, "/serve");
}

TEST(SocketOwnerCache, WhatTheKernelDoesNotTellComesFromProc) {
  SocketOwnerCache deeds(kOurs, [](pid_t) { return ProcessImage{"/usr/bin/x", "x y"}; });
  take(deeds, {.pid = 7});
  EXPECT_EQ(deeds.of_cookie(1)->image.cmdline, "x y");
  EXPECT_EQ(deeds.of_cookie(1)->image.exe, "/usr/bin/x");
  SocketOwnerCache others(kOurs, nobody);
  take(others, {.pid = 7});
  EXPECT_EQ(others.of_cookie(1)->image.exe, "cmd");
}

TEST(SocketOwnerCache, TheOldestGoFirst) {
  SocketOwnerCache deeds(kOurs, nobody);
  for (std::uint64_t cookie = 1; cookie <= 10'000; ++cookie) {
    Told told{.cookie = cookie, .pid = 7};
    told.local.port = static_cast<std::uint16_t>(cookie);
    take(deeds, told);
  }
  EXPECT_EQ(deeds.of_cookie(1), nullptr);
  EXPECT_EQ(deeds.of_connection({kLocal.address, 1}, kRemote, kSince), nullptr);
  EXPECT_NE(deeds.of_cookie(10'000), nullptr);
  EXPECT_EQ(deeds.of_cookie(10'000),
            deeds.of_connection({kLocal.address, 10'000}, kRemote, kSince));
}

TEST(SocketOwnerCache, AShortRecordIsLeftOut) {
  SocketOwnerCache deeds(kOurs, nobody);
  const std::string whole = bytes_of({.pid = 7, .words = "a|b|"});
  for (std::size_t size = 0; size < whole.size(); ++size)
    deeds.add(std::span(whole).first(size), kClock);
  EXPECT_EQ(deeds.of_cookie(1), nullptr);
  deeds.add(whole, kClock);
  EXPECT_NE(deeds.of_cookie(1), nullptr);
}

}  // namespace
}  // namespace synfin
