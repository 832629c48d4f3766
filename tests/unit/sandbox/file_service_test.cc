// What the helper for files removes and opens, without its process. helpers_test.cc tests the rest.
#include "sandbox/file_service.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace synfin {
namespace {

namespace fs = std::filesystem;

class FileServiceTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "file-serviceXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    fs::create_directory(folder_ / "out");
    write("secret");
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void write(const std::string& name) const { std::ofstream(folder_ / name) << "earlier"; }
  FileHelperRules rules() const {
    FileHelperRules rules;
    rules.outputs = {OutputName::exact(path("out/log")), OutputName::exact(path("out/table"))};
    rules.removable = {path("out/table")};
    return rules;
  }
  /// Returns an errno, or 0.
  static int error_of(FileService& service, Question question, const std::string& path) {
    HelperRequest request;
    request.question = question;
    request.texts[0].set(path);
    int opened = -1;
    const HelperReply reply = service.answer(request, opened);
    if (opened >= 0) close(opened);
    return static_cast<int>(reply.error);
  }
  static int removal_error(FileService& service, const std::string& path) {
    return error_of(service, Question::RemoveOutput, path);
  }

  fs::path folder_;
};

TEST_F(FileServiceTest, RemovesAnOutputOfAnEarlierRunOnlyIfTheRunMay) {
  FileService service(rules());
  write("out/log");
  write("out/table");
  EXPECT_EQ(removal_error(service, path("out/log")), EPERM) << "it is kept";
  EXPECT_TRUE(fs::exists(folder_ / "out/log"));
  EXPECT_EQ(removal_error(service, path("out/table")), 0);
  EXPECT_FALSE(fs::exists(folder_ / "out/table"));
  EXPECT_EQ(removal_error(service, path("out/table")), ENOENT);
  for (const std::string& other :
       {path("secret"), path("out/../secret"), path("out/./table"), path("out/.")})
    EXPECT_EQ(removal_error(service, other), EPERM) << other;
  EXPECT_TRUE(fs::exists(folder_ / "secret"));
}

TEST_F(FileServiceTest, RemovesOnlyRegularFiles) {
  FileService service(rules());
  fs::create_symlink(folder_ / "secret", folder_ / "out/table");
  EXPECT_EQ(removal_error(service, path("out/table")), EPERM) << "a link";
  fs::remove(folder_ / "out/table");
  fs::create_directory(folder_ / "out/table");
  EXPECT_EQ(removal_error(service, path("out/table")), EPERM) << "a folder";
  EXPECT_TRUE(fs::exists(folder_ / "out/table"));
}

TEST_F(FileServiceTest, RemovesOnlyFilesOfRootOfTheRunAndOfTheOwnerOfTheFolder) {
  if (geteuid() != 0) GTEST_SKIP() << "not root";
  const auto refused = [this](uid_t file, uid_t folder, std::optional<uid_t> run) {
    FileHelperRules with_owner = rules();
    if (run) with_owner.owner = FileHelperRules::Owner{*run, *run};
    FileService service(with_owner);
    write("out/table");
    EXPECT_EQ(chown(path("out/table").c_str(), file, file), 0);
    EXPECT_EQ(chown(path("out").c_str(), folder, folder), 0);
    const int error = removal_error(service, path("out/table"));
    EXPECT_EQ(fs::exists(folder_ / "out/table"), error != 0);
    return error == EPERM;
  };
  EXPECT_FALSE(refused(0, 0, {}));
  EXPECT_FALSE(refused(0, 12345, 12346)) << "of root";
  EXPECT_FALSE(refused(12345, 0, 12345)) << "of the user of the run";
  EXPECT_FALSE(refused(12345, 12345, {})) << "of the owner of the folder";
  EXPECT_TRUE(refused(12345, 0, {}));
  EXPECT_TRUE(refused(12345, 0, 12346));
}

TEST_F(FileServiceTest, OpensAFolderOfOutputsAgainThatWasRemoved) {
  FileService service(rules());
  const auto opens = [&] { return error_of(service, Question::OpenOutput, path("out/log")) == 0; };
  EXPECT_TRUE(opens());
  fs::remove_all(folder_ / "out");
  EXPECT_FALSE(opens());
  fs::create_directory(folder_ / "out");
  EXPECT_TRUE(opens());
  EXPECT_TRUE(fs::exists(folder_ / "out/log"));
}

}  // namespace
}  // namespace synfin
