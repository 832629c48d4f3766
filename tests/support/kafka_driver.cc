// Three brokers of librdkafka's mock cluster on loopback, for tests/check/publish.py.
//
//   kafka_driver TOPIC
//
// Prints "brokers HOST:PORT,…", then each message of the topic as "KEY<tab>VALUE". Reads commands:
// "down" stops all brokers, "up" starts them again, the end of the input ends the program.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

constexpr int kBrokers = 3, kPartitions = 4;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "kafka_driver: %s\n", what);
  std::exit(1);
}

rd_kafka_t* make(rd_kafka_type_t type, const std::string& brokers) {
  char text[512] = {};
  rd_kafka_conf_t* const conf = rd_kafka_conf_new();
  const auto set = [&](const char* name, const std::string& value) {
    if (rd_kafka_conf_set(conf, name, value.c_str(), text, sizeof text) != RD_KAFKA_CONF_OK)
      fail(text);
  };
  set("log_level", "0");
  if (!brokers.empty()) {
    set("bootstrap.servers", brokers);
    set("reconnect.backoff.max.ms", "200");
    set("group.id", "test");
  }
  rd_kafka_t* const handle = rd_kafka_new(type, conf, text, sizeof text);
  if (handle == nullptr) fail(text);
  return handle;
}

void assign(rd_kafka_t* consumer, const char* topic) {
  rd_kafka_poll_set_consumer(consumer);
  rd_kafka_topic_partition_list_t* const all = rd_kafka_topic_partition_list_new(kPartitions);
  for (int partition = 0; partition < kPartitions; ++partition) {
    rd_kafka_topic_partition_list_add(all, topic, partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  if (rd_kafka_assign(consumer, all) != RD_KAFKA_RESP_ERR_NO_ERROR) fail("cannot assign");
  rd_kafka_topic_partition_list_destroy(all);
}

/// Obeys what has arrived on the standard input. Returns false at its end.
bool obey(rd_kafka_mock_cluster_t* cluster) {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  if (poll(&input, 1, 0) <= 0) return true;
  char command[64] = {};
  const ssize_t size = read(STDIN_FILENO, command, sizeof command - 1);
  if (size <= 0) return false;
  for (int broker = 1; broker <= kBrokers; ++broker) {
    if (std::string(command) == "down\n") rd_kafka_mock_broker_set_down(cluster, broker);
    if (std::string(command) == "up\n") rd_kafka_mock_broker_set_up(cluster, broker);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) fail("usage: kafka_driver TOPIC");
  rd_kafka_t* const owner = make(RD_KAFKA_PRODUCER, "");
  rd_kafka_mock_cluster_t* const cluster = rd_kafka_mock_cluster_new(owner, kBrokers);
  if (cluster == nullptr) fail("no mock cluster");
  rd_kafka_mock_topic_create(cluster, argv[1], kPartitions, 1);
  const std::string brokers = rd_kafka_mock_cluster_bootstraps(cluster);
  std::printf("brokers %s\n", brokers.c_str());
  std::fflush(stdout);
  rd_kafka_t* const consumer = make(RD_KAFKA_CONSUMER, brokers);
  assign(consumer, argv[1]);
  while (obey(cluster)) {
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(consumer, 50);
    if (message == nullptr) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      std::printf("%.*s\t%.*s\n", static_cast<int>(message->key_len),
                  static_cast<const char*>(message->key), static_cast<int>(message->len),
                  static_cast<const char*>(message->payload));
      std::fflush(stdout);
    }
    rd_kafka_message_destroy(message);
  }
  _exit(0);  // nothing that is left matters
}
