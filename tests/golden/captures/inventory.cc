// Two captures of one network, a day apart, for the inventory. Tested by golden.captures and
// golden.inventory.
#include "conversation.h"

namespace synfin::test {
namespace {

constexpr double kDay = 86'400;

Rows later(Rows rows, double seconds) {
  for (Row& row : rows) row.time += seconds;
  return rows;
}

const Rows kRefused = {{0.0, '>', "S", 1000}, {0.02, '<', "RA", 0, 1001}};
const Rows kUnanswered = {
    {0, '>', "S", 1000}, {1.02, '>', "S", 1000}, {3.04, '>', "S", 1000}, {7.2, '>', "S", 1000}};

/// Each call is a connection of its own, from another port of the client.
class Network {
 public:
  void add(double seconds, const Rows& rows, std::string_view server, std::uint16_t port,
           std::string_view client = "192.0.2.1") {
    all_ += frames(later(rows, seconds),
                   {.orig = client, .resp = server, .orig_port = next_++, .resp_port = port});
  }
  const Frames& all() const { return all_; }

 private:
  Frames all_;
  std::uint16_t next_ = 40'000;
};

Frames before() {
  Network network;
  network.add(0, complete_connection(), "198.51.100.7", 22);
  network.add(1, complete_connection(), "198.51.100.7", 80);
  network.add(2, complete_connection(), "198.51.100.7", 443);
  network.add(3, complete_connection(), "198.51.100.7", 443, "192.0.2.2");
  network.add(4, complete_connection(), "198.51.100.8", 25);
  network.add(5, kRefused, "198.51.100.8", 26);
  network.add(6, {{0.0, '<', "SA", 5000, 1001}}, "198.51.100.66", 80);
  return network.all();
}

Frames after() {
  Network network;
  network.add(kDay, complete_connection(), "198.51.100.7", 80);
  network.add(kDay + 1, kUnanswered, "198.51.100.7", 22);
  network.add(kDay + 10, kUnanswered, "198.51.100.7", 22, "192.0.2.2");
  network.add(kDay + 19, kRefused, "198.51.100.7", 443);
  network.add(kDay + 20, complete_connection(), "198.51.100.7", 8080);
  network.add(kDay + 21, complete_connection(), "198.51.100.8", 25);
  network.add(kDay + 22, complete_connection(), "198.51.100.9", 53);
  network.add(kDay + 23, complete_connection(), "198.51.100.9", 853, "192.0.2.2");
  return network.all();
}

Capture capture(std::string name, std::string description, const Frames& all) {
  return {name + ".pcap", std::move(description), pcap_bytes(all, LinkType::Ethernet)};
}

}  // namespace

std::vector<Capture> inventory_captures() {
  return {capture("inventory-before",
                  "three hosts: ports 22, 80 and 443 of one and 25 of another are open, and a lone "
                  "SYN-ACK comes from the third",
                  before()),
          capture("inventory-after",
                  "the same network a day later: a host and a port have appeared, one port is "
                  "closed, one is silent",
                  after())};
}

}  // namespace synfin::test
