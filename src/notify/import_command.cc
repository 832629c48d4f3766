// synfin config import. The files are opened with the rights of the caller, and converted without
// rights. See commands.h.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <string>
#include <utility>

#include "synfin/base/diagnostics.h"
#include "synfin/base/errno_text.h"
#include "synfin/base/input_file.h"
#include "synfin/base/output_file.h"
#include "synfin/base/print_text.h"
#include "synfin/base/result.h"
#include "synfin/base/secret_message.h"
#include "synfin/cli/file_conflict.h"
#include "synfin/cli/option_parser.h"
#include "synfin/notify/commands.h"
#include "synfin/sandbox/without_rights.h"

namespace synfin {
namespace {

constexpr std::size_t kMaxImport = std::size_t{16} << 20;
constexpr std::size_t kMaxConverted = 8 * kMaxImport;

/// Reads a file that the configuration file `path` names: beside it, else in this folder.
Result<std::string> read_named(const std::string& path, const std::string& name) {
  const std::size_t slash = path.rfind('/');
  const bool relative = !name.starts_with('/') && slash != path.npos;
  if (relative) {
    if (auto text = read_whole_input(path.substr(0, slash + 1) + name, kMaxImport)) return *text;
  }
  if (auto text = read_whole_input(name, kMaxImport)) return *text;
  return Error{fmt::format("cannot read {}: {}", name, errno_text())};
}

/// The name of the file of addresses that the text names, or nothing.
SecretText named_file(const std::string& text, const std::string& path,
                      const std::string& watch_file) {
  std::string named;
  (void)import_port_monitor(text, path, watch_file, [&](const std::string& name) {
    named = name;
    return Result<std::string>(Error{"it is read later"});
  });
  return SecretText(named);
}

SecretText pack_imported(const ImportedConfig& imported) {
  SecretWriter to;
  for (const std::string* const part : {&imported.text, &imported.watched, &imported.folder})
    to.text(*part);
  for (const std::string& sentence : imported.not_understood) to.text(sentence);
  return to.take();
}

ImportedConfig unpack_imported(std::string_view bytes) {
  SecretReader from(bytes);
  ImportedConfig imported;
  for (std::string* const part : {&imported.text, &imported.watched, &imported.folder})
    *part = from.text();
  while (!from.at_end()) imported.not_understood.emplace_back(from.text());
  return imported;
}

/// Two processes without rights read the text: the first finds which file it names, which this
/// process opens, and the second converts both.
Result<ImportedConfig> convert_without_rights(const std::string& text, const std::string& path,
                                              const std::string& watch_file) {
  const auto name = run_without_rights(
      path, [&] { return named_file(text, path, watch_file); }, PATH_MAX);
  if (!name) return name.error();
  const Result<std::string> addresses = name->empty() ? Result<std::string>(std::string())
                                                      : read_named(path, std::string(name->view()));
  const auto converted = run_without_rights(
      path,
      [&]() -> Result<SecretText> {
        const auto imported = import_port_monitor(text, path, watch_file,
                                                  [&](const std::string&) { return addresses; });
        if (!imported) return imported.error();
        return pack_imported(*imported);
      },
      kMaxConverted);
  if (!converted) return converted.error();
  return unpack_imported(converted->view());
}

Status write_file(const std::string& path, const std::string& text) {
  auto file = OutputFile::open(path, OutputMode::Replace);
  if (!file) return file.error();
  file->buffer() += text;
  file->commit();
  return file->close();
}

}  // namespace

std::vector<OptionRow> config_import_rows(ImportQuery& q) {
  constexpr std::string_view group = "Options";
  return {{group, "-o,--output", "write the configuration file to FILE (default: -)",
           text("FILE", q.output, Completion::File)},
          {group, "--watch-file", "write the addresses and ports that are watched to FILE",
           text("FILE", q.watch_file, Completion::File)},
          {group, "-h,--help", "print this help and exit", flag(q.help)}};
}

Result<int> run_config_import(int argc, const char* const* argv) {
  constexpr std::string_view kCommand = "synfin config import";
  ImportQuery query;
  const auto rows = config_import_rows(query);
  const auto words = parse_command(kCommand, rows, argc, argv);
  if (!words) return words.error();
  if (query.help)
    return print_text(help_text(rows,
                                "Converts the configuration file of a port scanner.\n\n"
                                "Usage: synfin config import [OPTIONS] FILE\n",
                                "\nExit status: 0 all converted; 1 something was not.\n"));
  if (words->size() != 1) return wrong_command(kCommand, "name one FILE to convert");
  const std::string& path = words->front();
  const std::string conflict =
      file_conflict({{"--output", query.output}, {"--watch-file", query.watch_file}},
                    {{"FILE to convert", path}});
  if (!conflict.empty()) return usage_error(conflict);
  const auto text = read_whole_input(path, kMaxImport);
  if (!text) return usage_error(fmt::format("cannot read {}: {}", path, errno_text()));
  const auto imported = convert_without_rights(*text, path, query.watch_file);
  if (!imported) return imported.error();
  if (!imported->watched.empty()) {
    if (const Status written = write_file(query.watch_file, imported->watched); !written)
      return written.error();
  }
  // The port scanner makes its output folder by itself, so a user expects one.
  if (query.output != "-" && !imported->folder.empty() &&
      mkdir(imported->folder.c_str(), 0755) != 0 && errno != EEXIST) {
    log(LogLevel::Warning,
        fmt::format("cannot make the folder {}: {}", imported->folder, errno_text()));
  }
  struct stat about {};
  // The result holds the secrets of the original.
  if (query.output == "-" && fstat(STDOUT_FILENO, &about) == 0 && S_ISREG(about.st_mode))
    (void)fchmod(STDOUT_FILENO, 0600);
  if (query.output == "-") {
    if (const auto printed = print_text(imported->text); !printed) return printed.error();
  } else if (const Status written = write_file(query.output, imported->text); !written) {
    return written.error();
  }
  for (const std::string& sentence : imported->not_understood) log(LogLevel::Warning, sentence);
  return imported->not_understood.empty() ? 0 : 1;
}

}  // namespace synfin
