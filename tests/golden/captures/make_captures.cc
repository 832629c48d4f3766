// Builds the captures in pcaps/ that are not recorded.
//
//   make_captures DIR           writes all captures into DIR
//   make_captures --check DIR   exits 1 if a file differs, or if DIR/README.md lacks its line
//   make_captures --index       prints the lines for README.md
//
// Tested by golden.captures.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "conversation.h"

namespace synfin::test {
namespace {

std::vector<Capture> all_captures() {
  std::vector<Capture> all;
  for (const auto& make : {lifecycle_captures, repetition_captures, packet_captures, link_captures,
                           savefile_captures, inventory_captures, failure_captures}) {
    for (Capture& c : make()) all.push_back(std::move(c));
  }
  return all;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string text_of(const Bytes& bytes) { return {bytes.begin(), bytes.end()}; }

std::string index_line(const Capture& c) {
  return "| `" + c.file + "` | " + c.description + " |\n";
}

bool write(const std::string& path, const std::string& content) {
  std::ofstream file(path, std::ios::binary);
  file << content;
  return static_cast<bool>(file.flush());
}

int write_all(const std::string& folder) {
  for (const Capture& c : all_captures()) {
    if (write(folder + "/" + c.file, text_of(c.bytes))) continue;
    std::fprintf(stderr, "cannot write %s/%s\n", folder.c_str(), c.file.c_str());
    return 1;
  }
  return 0;
}

int check_all(const std::string& folder) {
  const std::string index = content_of(folder + "/README.md");
  int wrong = 0;
  const auto report = [&wrong](const Capture& c, const char* problem) {
    std::printf("%s: %s\n", c.file.c_str(), problem);
    wrong = 1;
  };
  for (const Capture& c : all_captures()) {
    if (content_of(folder + "/" + c.file) != text_of(c.bytes))
      report(c, "differs from the output of pcaps/make");
    if (index.find(index_line(c)) == std::string::npos) report(c, "README.md lacks its line");
  }
  return wrong;
}

int print_index() {
  for (const Capture& c : all_captures()) std::fputs(index_line(c).c_str(), stdout);
  return 0;
}

}  // namespace
}  // namespace synfin::test

int main(int argc, char** argv) {
  const std::string first = argc > 1 ? argv[1] : "";
  if (first == "--index") return synfin::test::print_index();
  if (first == "--check" && argc == 3) return synfin::test::check_all(argv[2]);
  if (argc == 2 && first[0] != '-') return synfin::test::write_all(first);
  std::fputs("make_captures DIR | --check DIR | --index\n", stderr);
  return 2;
}
