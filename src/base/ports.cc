/// \file
/// The service ports as a bitmap, so that a lookup is a load and a shift.
/// Tested in tests/unit/base/ports_test.cc.
#include "synfin/base/ports.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace synfin {
namespace {

constexpr std::uint16_t kSystemPorts = 1024;

/// Ports, registered with IANA or not, that nearly always belong to the listening side. The list is
/// short and ends below 32768 on purpose: an entry in the ephemeral range would often be wrong.
constexpr std::uint16_t kRegistered[] = {
    1080,  1194,  1352,  1433,  1434,  1521,  1720,  1723,  1883,  1935,   // socks … rtmp
    2049,  2082,  2083,  2086,  2087,  2095,  2096,  2181,  2222,  2375,   // nfs … docker
    2376,  2379,  2380,  2404,  2484,  2811,  3000,  3128,  3260,  3268,   // docker-s … ldap gc
    3269,  3306,  3389,  3690,  4222,  4369,  4443,  4786,  4840,  4899,   // ldaps gc … radmin
    5000,  5001,  5060,  5061,  5201,  5222,  5223,  5269,  5355,  5432,   // iperf … postgresql
    5555,  5601,  5666,  5671,  5672,  5800,  5900,  5901,  5938,  5984,   // adb … couchdb
    5985,  5986,  6000,  6379,  6443,  6514,  6660,  6661,  6662,  6663,   // winrm … irc
    6664,  6665,  6666,  6667,  6668,  6669,  6670,  6697,  6881,  7000,   // irc … cassandra
    7001,  7070,  7077,  7474,  7547,  7687,  8000,  8001,  8006,  8008,   // weblogic … http-alt
    8009,  8080,  8081,  8082,  8083,  8086,  8088,  8089,  8123,  8140,   // ajp … puppet
    8200,  8291,  8333,  8443,  8500,  8529,  8834,  8883,  8888,  9000,   // vault … clickhouse
    9001,  9042,  9090,  9091,  9092,  9093,  9100,  9160,  9200,  9300,   // tor … elasticsearch
    9418,  9443,  9999,  10000, 10050, 10051, 10250, 11211, 15672, 18080,  // git … spark
    19132, 20000, 25565, 25672, 26379, 27017, 27018, 27019, 32400,         // minecraft … plex
};

/// System ports of services that are in common use.
constexpr std::uint16_t kCommonSystem[] = {
    7,   13,  19,  20,  21,  22,  23,  25,  37,  43,  49,  53,  79,  80,  88,  102, 110,
    111, 113, 119, 123, 135, 137, 138, 139, 143, 161, 162, 179, 199, 264, 311, 389, 427,
    443, 444, 445, 465, 500, 502, 512, 513, 514, 515, 523, 548, 554, 587, 593, 623, 631,
    636, 646, 666, 771, 808, 843, 853, 873, 902, 903, 989, 990, 992, 993, 994, 995,
};

using Bitmap = std::array<std::uint64_t, 65536 / 64>;

constexpr Bitmap build() {
  Bitmap bits{};
  for (std::uint16_t port = 1; port < kSystemPorts; ++port) {
    bits[port / 64] |= std::uint64_t{1} << (port % 64);
  }
  for (const std::uint16_t port : kRegistered) bits[port / 64] |= std::uint64_t{1} << (port % 64);
  return bits;
}

constexpr Bitmap kServicePorts = build();

}  // namespace

bool is_service_port(std::uint16_t port) { return (kServicePorts[port / 64] >> (port % 64)) & 1; }

ServiceRank service_rank(std::uint16_t port) {
  const auto listed = [port](const auto& ports) {
    return std::find(std::begin(ports), std::end(ports), port) != std::end(ports);
  };
  if (listed(kRegistered) || listed(kCommonSystem)) return ServiceRank::Listed;
  return is_service_port(port) ? ServiceRank::System : ServiceRank::None;
}

}  // namespace synfin
