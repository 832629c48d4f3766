// The two helpers and the functions that ask them. See helpers.h.
#include "synfin/sandbox/helpers.h"

#include <linux/capability.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "sandbox/file_service.h"
#include "sandbox/helper_process.h"
#include "sandbox/landlock.h"
#include "sandbox/trial.h"
#include "synfin/base/file_helper.h"
#include "synfin/enrich/socket_holders.h"

namespace synfin {
namespace {

/// FileHelper over a channel. A closed channel is ENOTCONN.
class FileClient final : public FileHelper {
 public:
  explicit FileClient(std::unique_ptr<HelperProcess> process) : process_(std::move(process)) {}

  int open_input(const std::string& path) override { return open(Question::OpenInput, path, 0); }
  int open_output_folder(const std::string& path) override {
    return open(Question::OpenOutputFolder, path, 0);
  }
  int open_output(const std::string& path, FileCreation creation) override {
    return open(Question::OpenOutput, path, static_cast<std::uint32_t>(creation));
  }
  bool input_status(const std::string& path, struct stat& about) override {
    return status(Question::InputStatus, path, 0, about);
  }
  bool output_status(const std::string& path, bool follow, struct stat& about) override {
    return status(Question::OutputStatus, path, follow ? 1 : 0, about);
  }
  bool rename_output(const std::string& from, const std::string& to) override {
    auto request = request_for(Question::RenameOutput, from, 0);
    return request.texts[1].set(to) ? ask(request).has_value() : too_long();
  }
  bool remove_output(const std::string& path) override {
    return ask(request_for(Question::RemoveOutput, path, 0)).has_value();
  }
  int packet_socket(int type) override {
    return open(Question::PacketSocket, "", static_cast<std::uint32_t>(type));
  }

  pid_t process() const { return process_->process(); }

 private:
  static bool too_long() {
    errno = ENAMETOOLONG;
    return false;
  }

  /// A path that is too long leaves the text empty, which makes the request invalid.
  static HelperRequest request_for(Question question, const std::string& path,
                                   std::uint32_t number) {
    HelperRequest request;
    request.question = question;
    request.number = number;
    request.texts[0].set(path);
    return request;
  }

  /// Empty with errno set if the request failed.
  std::optional<HelperReply> ask(const HelperRequest& request, int* opened = nullptr) {
    auto reply = process_->ask(request, opened);
    if (reply && reply->error == 0) return reply;
    errno = reply ? static_cast<int>(reply->error) : ENOTCONN;
    return std::nullopt;
  }

  int open(Question question, const std::string& path, std::uint32_t number) {
    int opened = -1;
    return ask(request_for(question, path, number), &opened) ? opened : -1;
  }

  bool status(Question question, const std::string& path, std::uint32_t number,
              struct stat& about) {
    const auto reply = ask(request_for(question, path, number));
    if (!reply) return false;
    about = {};
    about.st_dev = reply->status.device;
    about.st_ino = reply->status.inode;
    about.st_size = static_cast<off_t>(reply->status.size);
    about.st_mtim = {reply->status.changed_s, reply->status.changed_ns};
    about.st_mode = reply->status.mode;
    return true;
  }

  std::unique_ptr<HelperProcess> process_;
};

class ProcessClient final : public ProcessHelper {
 public:
  explicit ProcessClient(std::unique_ptr<HelperProcess> process) : process_(std::move(process)) {}

  std::optional<pid_t> holder_of(std::uint64_t inode, pid_t likely, bool thorough) override {
    HelperRequest request;
    request.question = Question::SocketHolder;
    request.inode = inode;
    request.number = static_cast<std::uint32_t>(likely);
    request.thorough = thorough ? 1 : 0;
    const auto reply = process_->ask(request);
    if (!reply) return std::nullopt;
    return reply->error == 0 ? static_cast<pid_t>(reply->number) : 0;
  }

  std::optional<ProcessImage> image_of(pid_t pid) override {
    HelperRequest request;
    request.question = Question::ProcessImage;
    request.number = static_cast<std::uint32_t>(pid);
    const auto reply = process_->ask(request);
    if (!reply) return std::nullopt;
    if (reply->error != 0) return ProcessImage{};
    return ProcessImage{std::string(reply->texts[0].view()), std::string(reply->texts[1].view())};
  }

  pid_t process() const { return process_->process(); }

 private:
  std::unique_ptr<HelperProcess> process_;
};

/// A text of another process may hold zero bytes, and may be too long.
void put_text(MessageText<4096>& text, std::string from) {
  from = from.substr(0, std::min(from.find('\0'), text.bytes.size()));
  text.set(from);
}

HelperReply answer_about_processes(SocketHolders& holders, const HelperRequest& request) {
  HelperReply reply;
  reply.question = request.question;
  const auto pid = static_cast<pid_t>(request.number);
  if (request.question == Question::SocketHolder) {
    const pid_t holder = request.thorough != 0 ? holders.search_all(request.inode)
                                               : holders.holder_among_likely(request.inode, pid);
    reply.number = static_cast<std::uint32_t>(holder);
  } else if (request.question == Question::ProcessImage) {
    const ProcessImage image = read_process_image(pid);
    put_text(reply.texts[0], image.exe);
    put_text(reply.texts[1], image.cmdline);
  } else {
    reply.error = EPERM;
  }
  return reply;
}

HelperDuty file_duty(FileHelperRules rules) {
  rules.inputs.insert(rules.inputs.end(), rules.replaceable.begin(), rules.replaceable.end());
  HelperDuty duty;
  duty.name = "the helper process for files";
  duty.syscalls = HelperSyscalls::Files;
  if (rules.packet_sockets)
    duty.kept.push_back({CAP_NET_RAW, "CAP_NET_RAW", "to reopen an interface that disappeared"});
  if (!rules.inputs.empty())
    duty.kept.push_back({CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", "to open input files"});
  if (!rules.outputs.empty()) {
    duty.kept.push_back({CAP_DAC_OVERRIDE, "CAP_DAC_OVERRIDE", "to create output files"});
    duty.kept.push_back({CAP_FOWNER, "CAP_FOWNER", "to replace output files"});
    duty.kept.push_back({CAP_CHOWN, "CAP_CHOWN", "to set the owner of output files"});
  }
  duty.make_answer = [rules = std::move(rules)]() -> HelperDuty::Answer {
    auto service = std::make_shared<FileService>(rules);
    SandboxPlan plan;
    plan.readable = rules.inputs;
    plan.replaceable = rules.replaceable;
    plan.writable = rules.output_places;
    // Without Landlock the checks of requests remain.
    if (!is_translated()) (void)confine_files(plan);
    return [service = std::move(service)](const HelperRequest& request, int& opened) {
      return service->answer(request, opened);
    };
  };
  return duty;
}

HelperDuty process_duty(std::optional<TargetUser> user) {
  // Landlock would hide other processes from this one.
  HelperDuty duty;
  duty.user = std::move(user);
  duty.name = "the helper process for processes";
  duty.syscalls = HelperSyscalls::Processes;
  duty.kept = {
      {CAP_SYS_PTRACE, "CAP_SYS_PTRACE", "to report processes of other users"},
      {CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", "to read the process files of other users"}};
  duty.make_answer = []() -> HelperDuty::Answer {
    return [holders = std::make_shared<SocketHolders>()](const HelperRequest& request, int&) {
      return answer_about_processes(*holders, request);
    };
  };
  return duty;
}

}  // namespace

struct Helpers::Impl {
  std::unique_ptr<FileClient> files;
  std::unique_ptr<ProcessClient> processes;
};

Helpers::Helpers(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Helpers>> Helpers::start(HelperPlan plan) {
  auto impl = std::make_unique<Impl>();
  if (plan.files) {
    auto process = HelperProcess::start(file_duty(std::move(*plan.files)));
    if (!process) return process.error();
    impl->files = std::make_unique<FileClient>(std::move(*process));
  }
  if (plan.processes) {
    auto process = HelperProcess::start(process_duty(std::move(plan.user)));
    if (!process) return process.error();
    impl->processes = std::make_unique<ProcessClient>(std::move(*process));
  }
  set_file_helper(impl->files.get());
  set_process_helper(impl->processes.get());
  return std::unique_ptr<Helpers>(new Helpers(std::move(impl)));
}

Helpers::~Helpers() {
  set_file_helper(nullptr);
  set_process_helper(nullptr);
}

std::vector<pid_t> Helpers::processes() const {
  std::vector<pid_t> numbers;
  if (impl_->files) numbers.push_back(impl_->files->process());
  if (impl_->processes) numbers.push_back(impl_->processes->process());
  return numbers;
}

}  // namespace synfin
