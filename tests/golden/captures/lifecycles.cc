// How connections begin and end, one lifecycle per capture. Tested by golden.captures.
#include "conversation.h"

namespace synfin::test {
namespace {

struct Talk {
  Rows rows;
  Endpoints ends = {};
};
struct Lifecycle {
  const char* name;
  const char* description;
  std::vector<Talk> talks;
};

const Rows kOpen = {
    {0.000, '>', "S", 1000}, {0.020, '<', "SA", 5000, 1001}, {0.021, '>', "A", 1001, 5001}};

Rows opened(const Rows& more) {
  Rows rows = kOpen;
  rows.insert(rows.end(), more.begin(), more.end());
  return rows;
}

const Endpoints kSix = {"2001:db8::1", "2001:db8::7", 40000, 443};

const std::vector<Lifecycle> kBeginnings = {
    {"syn-synack-ack", "a handshake without further packets: open at the end of input", {{kOpen}}},
    {"refused", "an RST answers the SYN", {{{{0.0, '>', "S", 1000}, {0.02, '<', "RA", 0, 1001}}}}},
    {"refused-then-same-syn",
     "an RST answers the SYN, the originator sends the same SYN again: one attempt, refused twice",
     {{{{0.0, '>', "S", 1000},
        {0.02, '<', "RA", 0, 1001},
        {0.52, '>', "S", 1000},
        {0.54, '<', "RA", 0, 1001}}}}},
    {"unanswered",
     "a SYN and its retries, no answer; packets of another connection 140 s later let it time out",
     {{{{0, '>', "S", 1000},
        {1.02, '>', "S", 1000},
        {3.04, '>', "S", 1000},
        {7.2, '>', "S", 1000}}},
      {{{140.0, '>', "S", 7000}, {140.02, '<', "SA", 9000, 7001}, {140.021, '>', "A", 7001, 9001}},
       {.orig_port = 40001}}}},
    {"pending",
     "a SYN 2 s before the end of input, too late for an answer",
     {{{{0, '>', "S", 1000}}},
      {{{2.0, '>', "S", 7000}, {2.02, '<', "RA", 0, 7001}}, {.orig_port = 40001}}}},
    {"unreachable",
     "a router answers the SYN: ICMP host unreachable",
     {{{{0.0, '>', "S", 1000},
        {0.03, '!', "unreachable", 1000},
        {1.02, '>', "S", 1000},
        {1.05, '!', "unreachable", 1000}}}}},
    {"prohibited",
     "a filter answers two SYNs: administratively prohibited, by ICMP and by ICMPv6",
     {{{{0.0, '>', "S", 1000}, {0.03, '!', "prohibited", 1000}}},
      {{{1.0, '>', "S", 2000}, {1.03, '!', "prohibited", 2000}}, kSix}}},
    {"half-open",
     "the SYN-ACK repeats and is never acknowledged",
     {{{{0, '>', "S", 1000},
        {0.02, '<', "SA", 5000, 1001},
        {1.04, '<', "SA", 5000, 1001},
        {3.06, '<', "SA", 5000, 1001}}}}},
    {"syn-then-rst",
     "the originator sends an RST before any answer",
     {{{{0.0, '>', "S", 1000}, {0.5, '>', "R", 1001}}}}},
    {"syn-scan",
     "the originator answers the SYN-ACK with an RST, as half-open port scanners do; one port "
     "refuses",
     {{{{0.0, '>', "S", 1000}, {0.02, '<', "SA", 5000, 1001}, {0.021, '>', "R", 1001}}},
      {{{0.1, '>', "S", 1000}, {0.12, '<', "RA", 0, 1001}}, {.resp_port = 81}}}},
    {"simultaneous-open",
     "both sides send a SYN (RFC 9293, figure 7)",
     {{{{0.0, '>', "S", 1000},
        {0.005, '<', "S", 5000},
        {0.02, '>', "SA", 1000, 5001},
        {0.025, '<', "SA", 5000, 1001},
        {0.1, '>', "PA", 1001, 5001, 10},
        {0.12, '<', "A", 5001, 1011}},
       {.orig_port = 2000, .resp_port = 2000}}}},
    {"synack-first",
     "the capture begins after the SYN",
     {{{{0.02, '<', "SA", 5000, 1001},
        {0.021, '>', "A", 1001, 5001},
        {0.1, '>', "PA", 1001, 5001, 20},
        {0.2, '>', "FA", 1021, 5001},
        {0.22, '<', "FA", 5001, 1022},
        {0.221, '>', "A", 1022, 5002}}}}},
    {"syn-behind-synack",
     "the SYN-ACK was captured before its SYN: two queues, one capture",
     {{{{0.02, '<', "SA", 5000, 1001}, {0.0, '>', "S", 1000}, {0.021, '>', "A", 1001, 5001}}}}},
    {"midstream",
     "no handshake was captured and the responder's packet is first; the well-known port "
     "identifies the responder",
     {{{{0.0, '<', "PA", 5000, 1000, 300},
        {0.02, '>', "PA", 1000, 5300, 20},
        {0.04, '<', "A", 5300, 1020}}}}},
    {"backscatter",
     "unsolicited SYN-ACKs and an RST: someone forged these addresses",
     {{{{0.0, '<', "SA", 5000, 1001}}},
      {{{0.1, '<', "SA", 6000, 77}}, {.orig = "192.0.2.2"}},
      {{{0.2, '<', "RA", 0, 99}}, {.orig = "192.0.2.3"}}}},
    {"fast-open",
     "TCP Fast Open: the SYN carries data that the SYN-ACK acknowledges, and the responder answers "
     "at once",
     {{{{0.0, '>', "S", 1000, 0, 50},
        {0.02, '<', "SA", 5000, 1051},
        {0.021, '<', "PA", 5001, 1051, 70},
        {0.022, '>', "A", 1051, 5071},
        {0.1, '>', "FA", 1051, 5071},
        {0.12, '<', "FA", 5071, 1052},
        {0.121, '>', "A", 1052, 5072}}}}},
    {"syn-with-data",
     "the responder does not accept the data in the SYN, which is sent again after the handshake",
     {{{{0.0, '>', "S", 1000, 0, 50},
        {0.02, '<', "SA", 5000, 1001},
        {0.021, '>', "PA", 1001, 5001, 50},
        {0.04, '<', "A", 5001, 1051}}}}},
    {"ecn",
     "a SYN that offers ECN (ECE, CWR) and a SYN-ACK that accepts it (ECE)",
     {{{{0.0, '>', "SEC", 1000}, {0.02, '<', "SAE", 5000, 1001}, {0.021, '>', "A", 1001, 5001}}}}},
    {"accecn",
     "a SYN that offers accurate ECN (AE, CWR, ECE), the SYN-ACK accepts it (AE)",
     {{{{0.0, '>', "SNEC", 1000}, {0.02, '<', "SAN", 5000, 1001}, {0.021, '>', "A", 1001, 5001}}}}},
    {"ipv6", "a whole connection over IPv6", {{complete_connection(), kSix}}},
};

const std::vector<Lifecycle> kEndings = {
    {"normal-close",
     "handshake, 20 bytes out, 300 back, the originator closes first",
     {{complete_connection()}}},
    {"responder-closes-first",
     "the responder sends the first FIN",
     {{opened({{0.1, '<', "PA", 5001, 1001, 40},
               {0.101, '>', "A", 1001, 5041},
               {0.5, '<', "FA", 5041, 1001},
               {0.501, '>', "FA", 1001, 5042},
               {0.52, '<', "A", 5042, 1002}})}}},
    {"half-closed",
     "the originator sends a FIN, the responder continues for a while and never closes; later "
     "packets of another connection let it time out",
     {{opened({{0.1, '>', "FA", 1001, 5001},
               {0.12, '<', "A", 5001, 1002},
               {1.0, '<', "PA", 5001, 1002, 500},
               {1.001, '>', "A", 1002, 5501}})},
      {{{90.0, '>', "S", 7000}, {90.02, '<', "RA", 0, 7001}}, {.orig_port = 40001}}}},
    {"reset-by-originator",
     "an RST ends an open connection, from its originator",
     {{opened({{0.1, '>', "PA", 1001, 5001, 20},
               {0.12, '<', "A", 5001, 1021},
               {0.5, '>', "RA", 1021, 5001}})}}},
    {"reset-by-responder",
     "an RST ends an open connection, from its responder",
     {{opened({{0.1, '>', "PA", 1001, 5001, 20}, {0.12, '<', "R", 5001}})}}},
    {"late-rst",
     "both sides have closed, late data arrives and an RST answers it: neither changes the record",
     {{opened({{0.1, '>', "FA", 1001, 5001},
               {0.12, '<', "FA", 5001, 1002},
               {0.121, '>', "A", 1002, 5002},
               {0.3, '<', "R", 5002}})}}},
    {"forged-rst",
     "RSTs with unrelated sequence numbers: counted, and the connection continues until it closes",
     {{opened({{0.1, '<', "R", 3100000000},
               {0.11, '>', "R", 3000000000},
               {0.2, '>', "PA", 1001, 5001, 20},
               {0.22, '<', "A", 5001, 1021},
               {0.3, '>', "FA", 1021, 5001},
               {0.32, '<', "FA", 5001, 1022},
               {0.321, '>', "A", 1022, 5002}})}}},
    {"reuse",
     "the same ports again with a new initial sequence number after a close: a second connection",
     {{complete_connection()},
      {{{2.0, '>', "S", 80000},
        {2.02, '<', "SA", 90000, 80001},
        {2.021, '>', "A", 80001, 90001},
        {2.1, '>', "FA", 80001, 90001},
        {2.12, '<', "FA", 90001, 80002},
        {2.121, '>', "A", 80002, 90002}}}}},
    {"reuse-answered",
     "the originator restarted: a SYN with a new number on an open connection, answered, which "
     "ends the old connection",
     {{opened({{0.1, '>', "PA", 1001, 5001, 20}, {0.12, '<', "A", 5001, 1021}})},
      {{{60.0, '>', "S", 80000},
        {60.02, '<', "SA", 90000, 80001},
        {60.021, '>', "A", 80001, 90001}}}}},
    {"reuse-forged",
     "a forged SYN on an open connection: a challenge ACK answers it, and the connection continues "
     "until it closes",
     {{opened({{0.1, '>', "PA", 1001, 5001, 20},
               {0.12, '<', "A", 5001, 1021},
               {5.0, '>', "S", 80000},
               {5.02, '<', "A", 5001, 1021},
               {9.0, '>', "FA", 1021, 5001},
               {9.02, '<', "FA", 5001, 1022},
               {9.021, '>', "A", 1022, 5002}})}}},
    {"long-life",
     "the handshake and the FINs, an hour apart: control packets alone prove the bytes modulo 4 "
     "GiB",
     {{{{0.0, '>', "S", 1000},
        {0.02, '<', "SA", 5000, 1001},
        {0.021, '>', "A", 1001, 5001},
        {3600.0, '>', "FA", 1501, 7001},
        {3600.02, '<', "FA", 7001, 1502}}}}},
};

Capture made(const Lifecycle& lifecycle) {
  Frames all;
  for (const Talk& talk : lifecycle.talks) all += frames(talk.rows, talk.ends);
  return {std::string(lifecycle.name) + ".pcap", lifecycle.description,
          pcap_bytes(all, LinkType::Ethernet)};
}

}  // namespace

std::vector<Capture> lifecycle_captures() {
  std::vector<Capture> out;
  for (const Lifecycle& lifecycle : kBeginnings) out.push_back(made(lifecycle));
  for (const Lifecycle& lifecycle : kEndings) out.push_back(made(lifecycle));
  return out;
}

}  // namespace synfin::test
