#include "enrich/cgroup_names.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace synfin {
namespace {

const std::string kId = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

struct Case {
  std::string file;
  std::string name;
};

TEST(CgroupNames, FindsContainersAndUnits) {
  for (const auto& [file, name] : std::vector<Case>{
           {"0::/system.slice/nginx.service\n", "nginx.service"},
           {"0::/system.slice/nginx.service", "nginx.service"},
           {"0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope"},
           {"0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-web.scope\n",
            "app-web.scope"},
           {"0::/system.slice/web.service/worker\n", "web.service"},
           {"0::/system.slice/docker-" + kId + ".scope\n", "docker:0123456789ab"},
           {"0::/docker/" + kId + "\n", "docker:0123456789ab"},
           {"0::/machine.slice/libpod-" + kId + ".scope\n", "libpod:0123456789ab"},
           {"0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + kId + ".scope\n",
            "cri-containerd:0123456789ab"},
           {"0::/kubepods/burstable/pod12-34/" + kId + "\n", "pod:0123456789ab"},
           // systemd inside a container: the container is the answer.
           {"0::/system.slice/docker-" + kId + ".scope/system.slice/ssh.service\n",
            "docker:0123456789ab"},
           {"0::/lxc.payload.web/system.slice/ssh.service\n", "lxc:web"},
           {"0::/lxc/web\n", "lxc:web"},
           {"0::/machine.slice/machine-my\\x2dweb.scope\n", "machine:my-web"},
           {"0::/machine.slice/systemd-nspawn@web.service/payload\n", "machine:web"},
           // Version 1: systemd's hierarchy says more than a controller's.
           {"12:pids:/user.slice\n1:name=systemd:/system.slice/ssh.service\n0::/\n", "ssh.service"},
           {"4:memory:/docker/" + kId + "\n3:cpu,cpuacct:/\n", "docker:0123456789ab"},
           {"0::/system.slice/with:colon.service\n", "with:colon.service"},
       }) {
    EXPECT_EQ(cgroup_name(file), name) << file;
  }
}

TEST(CgroupNames, KnowsNothingOfOtherTexts) {
  for (const std::string& file :
       {std::string{}, std::string{"0::/"}, std::string{"0::/\n"}, std::string{"\n\n"},
        std::string{"no colons"}, std::string{"0:only one"}, std::string{"0::/user.slice"},
        std::string{"0::/../..\n"}, std::string{"0::////"}, "0::/docker/" + kId.substr(1),
        std::string{"0::\0/a", 6}, std::string(20'000, ':')}) {
    EXPECT_EQ(cgroup_name(file), "") << file;
  }
}

TEST(CgroupNames, HasABound) {
  EXPECT_EQ(cgroup_name("0::/" + std::string(10'000, 'x') + ".service").size(), kMaxCgroupName);
  EXPECT_EQ(cgroup_name("0::/machine.slice/machine-\\x\\xz1\\x4.scope"), "machine:\\x\\xz1\\x4");
  std::string deep = "0::";
  for (int i = 0; i < 5'000; ++i) deep += "/a";
  EXPECT_EQ(cgroup_name(deep), "");
}

TEST(CgroupNames, ReadsARunningProcess) {
  std::ifstream file("/proc/self/cgroup");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  CgroupNames names;
  EXPECT_EQ(names.name_of(getpid(), "test"), cgroup_name(text));
  EXPECT_EQ(names.name_of(-1, "gone"), "");
}

}  // namespace
}  // namespace synfin
