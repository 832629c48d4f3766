/// \file
/// Reads a spool folder as a sender does after a restart: damaged, cut and foreign files, and any
/// note about the unit that was being sent. Reading must end. A batch that can be read must stay,
/// unless the store has confirmed it.
///
/// The input is a sequence of files, each a part (see take_part()) with its name, a line feed, and
/// its content. A name that ends with "/" is a folder.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>

#include "store/block.h"
#include "store/delivery.h"
#include "support/fuzz_input.h"

using namespace synfin;
using fuzz::require;

namespace {

namespace fs = std::filesystem;

/// A folder of the process, emptied for each input.
class Folder {
 public:
  Folder() {
    std::string name = fs::temp_directory_path() / "synfin-spool-fuzz-XXXXXX";
    require(mkdtemp(name.data()) != nullptr, "a temporary folder can be created");
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }
  void clear() {
    for (const auto& entry : fs::directory_iterator(path_)) fs::remove_all(entry.path());
  }
  void add(std::string_view file) {
    std::string name(file.substr(0, file.find('\n')));
    const std::string_view content = file.substr(std::min(file.size(), name.size() + 1));
    const bool folder = name.ends_with('/');
    if (folder) name.pop_back();
    if (name.empty() || name == "." || name == ".." || name.size() > 100 ||
        name.find_first_of(std::string_view("/\0", 2)) != name.npos) {
      return;
    }
    std::error_code ignored;
    if (folder) fs::create_directory(path_ + "/" + name, ignored);
    std::ofstream(path_ + "/" + name, std::ios::binary) << content;
  }

 private:
  std::string path_;
};

/// The batches that can be read, by name.
std::map<std::string, SpoolHeader> readable(const std::string& folder) {
  std::map<std::string, SpoolHeader> found;
  const auto files = list_spool(folder);
  require(files.ok(), "the folder can be listed");
  std::uint64_t last = 0;
  for (const SpoolFile& file : *files) {
    require(file.batch >= last, "batches are listed in order");
    last = file.batch;
    RowBuffer blocks;
    blocks.append("before");
    auto batch = SpoolFileReader::open(folder, file);
    const bool whole = batch && batch->append_blocks(blocks);
    require(blocks.view().starts_with("before"), "what was read before stays");
    require(blocks.size() == 6 + (whole ? batch->size() : 0), "a file is read as a whole or not");
    if (!whole) continue;
    require(batch->header().batch == file.batch, "a file has the batch of its name");
    (void)decompress_blocks(blocks.view().substr(6));
    found.emplace(file.name, batch->header());
  }
  return found;
}

bool has_batch(const std::string& folder, std::uint64_t number) {
  const auto files = list_spool(folder);
  return files && std::any_of(files->begin(), files->end(),
                              [&](const SpoolFile& file) { return file.batch == number; });
}

/// The first batch of the unit in the note; unset if there is no such note.
std::optional<std::uint64_t> first_of_unit(const std::string& folder) {
  const auto note = read_note(folder, "inflight");
  unsigned long long stream = 0, first = 0;
  if (!note || std::sscanf(note->c_str(), "%llu %llu", &stream, &first) != 2) return std::nullopt;
  return first;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 14) return 0;
  static Folder folder;
  folder.clear();
  fuzz::Bytes rest(data, size);
  for (int files = 0; !rest.empty() && files < 16; ++files)
    folder.add(fuzz::text_of(fuzz::take_part(rest)));
  const auto before = readable(folder.path());
  const auto first = first_of_unit(folder.path());
  // If its first file is gone, the store has confirmed the unit, and its other files may be
  // removed.
  const bool confirmed = first && !has_batch(folder.path(), *first);
  // Port 1 of this host refuses connections.
  static const StoreUrl url = *parse_store_url("clickhouse://127.0.0.1:1/synfin");
  Delivery delivery(StoreClient(url, {}), folder.path(), "sensor",
                    [](Delivery::Level, const std::string& sentence) {
                      require(!sentence.empty(), "a report is a sentence");
                    });
  require(!delivery.work(timestamp_from_ns(1'000'000'000'000'000'000)), "nothing can be sent");
  const auto after = readable(folder.path());
  for (const auto& [name, header] : before) {
    require(after.contains(name) || (confirmed && header.batch > *first),
            "a batch that can be read and was not confirmed stays");
  }
  require(delivery.waiting() > 0 || after.empty(), "what can be read waits");
  require(delivery.failing() == !after.empty(), "the sender fails if there is something to send");
  return 0;
}
