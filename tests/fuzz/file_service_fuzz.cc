/// \file
/// Asks the helper process for files arbitrary questions, as an attacker who controls the process
/// that parses packets may do. Files that the run does not write must stay as they are, only its
/// inputs and outputs may be opened, and no answer may describe another file.
///
/// The input is a sequence of questions: the kind, a number, and two paths (see take_part()), in
/// which "@" is the folder of the process.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "sandbox/file_service.h"
#include "support/fuzz_input.h"

using namespace synfin;
using fuzz::require;

namespace {

namespace fs = std::filesystem;

void write_file(const fs::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

/// A run's files: inputs, outputs, and those that are not its own, with links between them.
class Tree {
 public:
  Tree() {
    std::string name = fs::temp_directory_path() / "synfin-helper-fuzz-XXXXXX";
    require(mkdtemp(name.data()) != nullptr, "a temporary folder can be created");
    path_ = name;
    make();
    foreign_ = foreign();
  }
  ~Tree() { fs::remove_all(path_); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  const std::string& path() const { return path_; }
  std::string in(std::string_view name) const { return path_ + "/" + std::string(name); }

  /// Removes what a run has written.
  void clear_outputs() const {
    for (const auto& entry : fs::directory_iterator(in("out"))) {
      if (is_output("out/" + entry.path().filename().string())) fs::remove(entry.path());
    }
    write_file(in("out/report.txt"), "old");
  }
  bool foreign_files_are_kept() const { return foreign() == foreign_; }

  FileHelperRules rules() const {
    FileHelperRules rules;
    rules.inputs = {in("in"), in("single.pcap")};
    rules.outputs = {OutputName::exact(in("out/report.txt")),
                     OutputName::with_word(in("out/conn."), ".log"),
                     OutputName::rotating(in("out/w-%Y%B.pcap"), true)};
    rules.removable = {in("out/report.txt")};
    rules.output_places = {in("out/report.txt")};
    return rules;
  }

  /// The outputs that the rules name, in the test's own words, and their temporary files.
  static bool is_output(const std::string& name) {
    if (!name.starts_with("out/") || name.find('/', 4) != name.npos) return false;
    const std::string file = name.substr(4);
    if (file == "conn.hard.log" || file == "conn.link.log") return false;
    const auto is_final = [](const std::string& one) {
      return one == "report.txt" || (one.starts_with("conn.") && one.ends_with(".log")) ||
             one.starts_with("w-");
    };
    constexpr std::size_t kDot = 1, kRandom = 17;  // ".report.txt.0123456789abcdef"
    return is_final(file) || (file[0] == '.' && file.size() > kDot + kRandom &&
                              is_final(file.substr(kDot, file.size() - kDot - kRandom)));
  }

 private:
  void make() {
    for (const char* const folder : {"in", "in/below", "out", "out/below", "others"})
      fs::create_directory(in(folder));
    for (const char* const file : {"in/a.pcap", "in/below/b.pcap", "single.pcap", "out/report.txt",
                                   "out/foreign.txt", "out/.hidden", "others/secret"})
      write_file(in(file), file);
    fs::create_symlink(in("others"), in("out/linked"));
    if (geteuid() != 0) return;  // others may write to their own links
    fs::create_hard_link(in("others/secret"), in("out/conn.hard.log"));
    fs::create_symlink(in("others/secret"), in("out/conn.link.log"));
  }

  /// Content, mode and owner of each file that no output names.
  std::map<std::string, std::string> foreign() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(path_)) {
      const std::string name = entry.path().string().substr(path_.size() + 1);
      if (is_output(name)) continue;
      struct stat about {};
      require(lstat(entry.path().c_str(), &about) == 0, "a file of the tree has a status");
      std::ostringstream text;
      text << about.st_mode << ' ' << about.st_uid;
      if (S_ISREG(about.st_mode)) text << ' ' << std::ifstream(entry.path()).rdbuf();
      files[name] = text.str();
    }
    return files;
  }

  std::string path_;
  std::map<std::string, std::string> foreign_;
};

std::string path_of(fuzz::Bytes bytes, const std::string& folder) {
  std::string path;
  for (const char c : fuzz::text_of(bytes)) {
    if (c == '@') {
      path += folder;
    } else {
      path += c;
    }
  }
  return path;
}

/// The files whose content the process may have.
std::set<ino_t> readable(const Tree& tree) {
  std::set<ino_t> inodes;
  for (const char* const name : {"in", "in/a.pcap", "single.pcap", "out"}) {
    struct stat about {};
    if (stat(tree.in(name).c_str(), &about) == 0) inodes.insert(about.st_ino);
  }
  for (const auto& entry : fs::directory_iterator(tree.in("out"))) {
    struct stat about {};
    const std::string name = "out/" + entry.path().filename().string();
    if (Tree::is_output(name) && lstat(entry.path().c_str(), &about) == 0 && S_ISREG(about.st_mode))
      inodes.insert(about.st_ino);
  }
  return inodes;
}

void ask(FileService& service, const HelperRequest& request, const Tree& tree) {
  if (!is_valid(request, 0)) return;
  int opened = -1;
  const HelperReply reply = service.answer(request, opened);
  if (opened < 0) return;
  struct stat about {};
  require(fstat(opened, &about) == 0, "what was opened has a status");
  close(opened);
  require(reply.error == 0, "an answer with a descriptor is no error");
  require(readable(tree).contains(about.st_ino), "only inputs and outputs are opened");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 12) return 0;
  static Tree tree;
  tree.clear_outputs();
  FileService service(tree.rules());
  fuzz::Bytes rest(data, size);
  for (int questions = 0; !rest.empty() && questions < 32; ++questions) {
    HelperRequest request;
    request.question = static_cast<Question>(fuzz::take_byte(rest) % (kLastQuestion + 1));
    request.number = fuzz::take_byte(rest);
    const bool fits = request.texts[0].set(path_of(fuzz::take_part(rest), tree.path())) &&
                      request.texts[1].set(path_of(fuzz::take_part(rest), tree.path()));
    if (fits) ask(service, request, tree);
  }
  require(tree.foreign_files_are_kept(), "files of others stay as they are");
  return 0;
}
