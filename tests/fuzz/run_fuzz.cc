/// \file
/// From a capture to every view, log and report: four bytes choose the options, the rest is the
/// capture. The ledger must balance, each output must have the form that it promises, and all
/// outputs must be the same for every seed, size of chunks and number of threads.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <system_error>
#include <vector>

#include "app/options.h"
#include "app/packet_thread_channel.h"
#include "app/pipeline.h"
#include "app/run_outputs.h"
#include "support/capture_mutator.h"
#include "support/fuzz_input.h"
#include "support/output_checks.h"
#include "synfin/capture/savefile.h"

using namespace synfin;
using fuzz::require;

namespace {

constexpr std::size_t kChoices = 4;
constexpr const char* kViews[] = {"events",   "timeline", "endpoints", "clients",
                                  "services", "netstat",  "summary",   "none"};
constexpr const char* kLogs[] = {"zeek", "json", "csv"};
constexpr const char* kReports[] = {"text", "json", "csv", "html", "md"};
constexpr const char* kWidths[] = {"0", "40", "80", "200"};

constexpr std::string_view kPlaces =
    "10.0.0.0,10.255.255.255,64500,AU,\"Example, <Inc>\"\n"
    "192.0.2.0,192.0.2.255,64501,NZ,=cmd\n2001:db8::,2001:db8:ffff::,64502,CH,\xC3\xA4\x1b[1m\n";

struct Outputs {
  std::string printed, log, events, report;
  friend bool operator==(const Outputs&, const Outputs&) = default;
};

/// Standard output goes to a file in memory while this object exists.
class Printed {
 public:
  Printed() : before_(dup(1)) { dup2(file_.descriptor(), 1); }
  ~Printed() {
    dup2(before_, 1);
    close(before_);
  }
  Printed(const Printed&) = delete;
  Printed& operator=(const Printed&) = delete;
  std::string content() const { return file_.content(); }

 private:
  fuzz::MemoryFile file_;
  int before_;
};

/// Where a report is written: a file in memory, or a folder for CSV.
class ReportPlace {
 public:
  explicit ReportPlace(bool folder) {
    if (!folder) return;
    std::string name = std::filesystem::temp_directory_path() / "synfin-fuzz-XXXXXX";
    require(mkdtemp(name.data()) != nullptr, "a temporary folder can be created");
    folder_ = name;
  }
  ~ReportPlace() {
    std::error_code ignored;
    if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
  }
  ReportPlace(const ReportPlace&) = delete;
  ReportPlace& operator=(const ReportPlace&) = delete;

  std::string path() const { return folder_.empty() ? file_.path() : folder_.string(); }

  /// The text of the file, or of all files in the order of their names, with an empty line between.
  std::string content() const {
    if (folder_.empty()) return file_.content();
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_))
      files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    std::string text;
    for (const auto& file : files) {
      std::ifstream stream(file);
      if (!text.empty()) text += '\n';
      text += fmt::format("# {}\n", file.stem().string());
      text.append(std::istreambuf_iterator<char>(stream), {});
    }
    return text;
  }

 private:
  std::filesystem::path folder_;
  fuzz::MemoryFile file_;
};

template <std::size_t N>
const char* choice(const char* const (&words)[N], std::uint8_t byte) {
  return words[byte % N];
}

struct Choices {
  std::uint8_t view = 0, formats = 0, flags = 0, sizes = 0;
  friend auto operator<=>(const Choices&, const Choices&) = default;

  std::string log_format() const { return choice(kLogs, formats % 16); }
  std::string report_format() const { return choice(kReports, formats / 16); }

  std::vector<std::string> arguments() const {
    std::vector<std::string> words{"synfin",
                                   "-q",
                                   "-r",
                                   "fuzz",
                                   "--utc",
                                   "--no-color",
                                   "--view",
                                   choice(kViews, view),
                                   "--log-format",
                                   log_format(),
                                   "--report-format",
                                   report_format(),
                                   "--width",
                                   choice(kWidths, sizes),
                                   "--max-hosts",
                                   (sizes & 4) != 0 ? "16" : "1000",
                                   "--max-connections",
                                   (sizes & 8) != 0 ? "16" : "256"};
    constexpr const char* kFlags[] = {"--context-key", "--verify-checksums", "--each",
                                      "--dedup",       "--filter-local",     "--ignore-loopback"};
    for (std::size_t i = 0; i < std::size(kFlags); ++i) {
      if ((flags >> i & 1) != 0) words.emplace_back(kFlags[i]);
    }
    if ((flags & 64) != 0) words.insert(words.end(), {"--packets", "control"});
    if ((sizes & 16) != 0) words.insert(words.end(), {"-t", "1"});
    if ((sizes & 32) != 0) words.insert(words.end(), {"--every", "1s"});
    if ((sizes & 64) != 0) words.insert(words.end(), {"--linger", "0"});
    if ((view & 128) != 0) words.insert(words.end(), {"--show", "-state:half_open port:1-60000"});
    return words;
  }
};

/// The lines of a log that hold the time of the run are the only ones that may differ.
std::string without_times(std::string text) {
  for (const char* mark : {"#open\t", "#close\t"}) {
    const std::size_t at = text.find(mark);
    if (at != text.npos) text.erase(at + 1, text.find('\n', at) - at - 1);
  }
  return text;
}

Options parse(const Choices& choices) {
  static const fuzz::MemoryFile places(
      fuzz::Bytes(reinterpret_cast<const std::uint8_t*>(kPlaces.data()), kPlaces.size()));
  std::vector<std::string> words = choices.arguments();
  words.insert(words.end(), {"--log", "log", "--events", "events", "--report", "report"});
  if ((choices.flags & 128) != 0) {
    words.insert(words.end(), {"--geoip", places.path()});
  } else {
    words.emplace_back("--no-geoip");
  }
  std::vector<const char*> arguments;
  for (const std::string& word : words) arguments.push_back(word.c_str());
  auto parsed = parse_command_line(static_cast<int>(arguments.size()), arguments.data());
  require(parsed.ok(), "the options of this target are right");
  return std::move(parsed->options);
}

/// Parsing takes most of the time of a small capture, so its results are kept.
const Options& options_of(const Choices& choices) {
  constexpr std::size_t kMaxKept = 5000;
  static std::map<Choices, Options> kept;
  if (kept.size() > kMaxKept) kept.clear();
  const auto found = kept.find(choices);
  return found != kept.end() ? found->second : kept.emplace(choices, parse(choices)).first->second;
}

CaptureInfo run_pipeline(const Options& options, PacketSource& source, RunOutputs& outputs,
                         PacketThreadChannel& channel) {
  PipelineOptions pipeline;
  pipeline.reader.scope = options.packets.value_or(PacketScope::All);
  pipeline.reader.verify_checksums = options.verify_checksums;
  pipeline.table = options.table;
  pipeline.sources = options.read;
  pipeline.threads = options.threads;
  Pipeline run(std::move(pipeline), source, outputs.dispatcher, channel);
  run.run();
  return run.capture_info();
}

/// Returns nothing if the bytes are no capture.
std::optional<Outputs> run(fuzz::Bytes capture, const Choices& choices, unsigned threads,
                           std::size_t chunk_size) {
  SavefileOptions savefile;
  savefile.chunk_size = chunk_size;
  savefile.second_thread = false;
  auto source = open_savefile_bytes(capture, "fuzz", savefile);
  if (!source) return std::nullopt;
  const fuzz::MemoryFile log, events;
  const ReportPlace report(choices.report_format() == "csv");
  Options options = options_of(choices);
  options.threads = threads;
  options.log = log.path();
  options.events = events.path();
  options.report = report.path();
  const Printed printed;
  {
    PacketThreadChannel channel;
    auto outputs = open_outputs(options, PacketScope::All, options.read, channel, nullptr);
    require(outputs.ok(), "the outputs can be opened");
    CaptureInfo info = run_pipeline(options, **source, **outputs, channel);
    require(info.ledger.balances(), "the ledger balances");
    info.damage = (*source)->damages();
    require((*outputs)->dispatcher.finish(info).empty(), "all outputs are written");
  }
  return Outputs{printed.content(), without_times(log.content()), events.content(),
                 report.content()};
}

void check(const Outputs& outputs, const Choices& choices) {
  fuzz::check_text(outputs.printed);
  fuzz::check_json_lines(outputs.events);
  const std::string log = choices.log_format();
  log == "zeek"   ? fuzz::check_tsv(outputs.log)
  : log == "json" ? fuzz::check_json_lines(outputs.log)
                  : fuzz::check_csv(outputs.log);
  const std::string report = choices.report_format();
  report == "json"   ? fuzz::check_json(outputs.report)
  : report == "csv"  ? fuzz::check_csv(outputs.report)
  : report == "html" ? fuzz::check_html(outputs.report)
                     : fuzz::check_text(outputs.report);
}

}  // namespace

SYNFIN_CAPTURE_MUTATOR(kChoices)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1 << 17) return 0;
  fuzz::Bytes rest(data, size);
  Choices choices;
  for (std::uint8_t* part : {&choices.view, &choices.formats, &choices.flags, &choices.sizes})
    *part = fuzz::take_byte(rest);
  const auto once = run(rest, choices, 1, 1 << 16);
  if (!once) return 0;
  check(*once, choices);
  const auto again = run(rest, choices, 2, 613);
  require(again == once, "the outputs depend on the capture only");
  return 0;
}
