// Reports which process changes the state of which TCP socket. Runs in the kernel at each
// sock:inet_sock_set_state.
//
// tracepoint → SocketRecord → ring buffer → socket_events.cc. A process causes the changes that
// happen while it holds the socket's lock: connect(), listen(), and the first half of close().
// Softirqs, which do the passive side's handshake, run in the context of an unrelated process, so
// their changes are reported without one. connect() enters SYN_SENT before it has chosen a port;
// the ports are therefore reported again when the socket leaves that state, and the cookie joins
// the two records.
//
// The command line is read here, while the process still has its memory. CO-RE finds the members
// below in any kernel by the names of its BTF (5.12 and later, because of the cookie). Tested in
// tests/live/ and tests/unit/enrich/socket_owner_cache_test.cc.
#include <linux/bpf.h>
#include <stdbool.h>
// These must be in this order.
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "enrich/socket_record.h"

#define AF_INET6 10
#define IPPROTO_TCP 6

// net/tcp_states.h
enum {
  kEstablished = 1,
  kSynSent = 2,
  kSynRecv = 3,
  kFinWait1 = 4,
  kClose = 7,
  kCloseWait = 8,
  kLastAck = 9,
  kListen = 10,
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct in6_addr {
  unsigned char bytes[16];
};

struct ns_common {
  unsigned int inum;
};

struct net {
  struct ns_common ns;
};

typedef struct {
  struct net* net;
} possible_net_t;

struct sock_common {
  __be32 skc_daddr;
  __be32 skc_rcv_saddr;
  __be16 skc_dport;
  unsigned short skc_family;
  possible_net_t skc_net;
  struct in6_addr skc_v6_daddr;
  struct in6_addr skc_v6_rcv_saddr;
};

typedef struct {
  int owned;
} socket_lock_t;

struct sock {
  struct sock_common __sk_common;
  socket_lock_t sk_lock;
  __u16 sk_protocol;
};

struct inet_sock {
  __be16 inet_sport;
};

struct qstr {
  const unsigned char* name;
};

struct dentry {
  struct dentry* d_parent;
  struct qstr d_name;
};

struct vfsmount {
  struct dentry* mnt_root;
};

struct mount {
  struct mount* mnt_parent;
  struct dentry* mnt_mountpoint;
  struct vfsmount mnt;
};

struct path {
  struct vfsmount* mnt;
  struct dentry* dentry;
};

struct file {
  struct path f_path;
};

struct mm_struct {
  unsigned long arg_start;
  unsigned long arg_end;
  struct file* exe_file;
};

struct task_struct {
  struct mm_struct* mm;
};

#pragma clang attribute pop

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 4 << 20);
} records SEC(".maps");

/// Holds the record under construction, which is too large for the stack.
struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct SocketRecord);
} scratch SEC(".maps");

/// The number of records that did not fit into the ring buffer.
__u64 lost = 0;

static void put_v4(unsigned char* out, __be32 address) {
  __builtin_memset(out, 0, 10);
  out[10] = out[11] = 0xFF;
  __builtin_memcpy(out + 12, &address, 4);
}

static void put_ends(struct SocketRecord* record, struct sock* sk) {
  if (BPF_CORE_READ(sk, __sk_common.skc_family) == AF_INET6) {
    BPF_CORE_READ_INTO(&record->local, sk, __sk_common.skc_v6_rcv_saddr);
    BPF_CORE_READ_INTO(&record->remote, sk, __sk_common.skc_v6_daddr);
  } else {
    put_v4(record->local, BPF_CORE_READ(sk, __sk_common.skc_rcv_saddr));
    put_v4(record->remote, BPF_CORE_READ(sk, __sk_common.skc_daddr));
  }
  // skc_num is already cleared when a refused connection is reported.
  record->local_port = bpf_ntohs(BPF_CORE_READ((struct inet_sock*)sk, inet_sport));
  record->remote_port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
}

static __u32 put_arguments(struct SocketRecord* record, struct mm_struct* mm) {
  const unsigned long begin = BPF_CORE_READ(mm, arg_start);
  const unsigned long end = BPF_CORE_READ(mm, arg_end);
  if (begin == 0 || end <= begin) return 0;
  __u64 size = end - begin;
  if (size > kMaxArguments - 1) size = kMaxArguments - 1;
  size &= kMaxArguments - 1;
  return bpf_probe_read_user(record->arguments, size, (void*)begin) == 0 ? size : 0;
}

/// Walks from the executable up to the root, across mounts. Each step writes to an array element of
/// its own, which the verifier can follow. Returns the number of steps, or 0 if the root is not
/// reached.
static int put_path(struct SocketRecord* record, struct mm_struct* mm) {
  struct dentry* at = BPF_CORE_READ(mm, exe_file, f_path.dentry);
  struct vfsmount* mounted = BPF_CORE_READ(mm, exe_file, f_path.mnt);
  const __u64 within = bpf_core_field_offset(struct mount, mnt);
  if (at == 0 || mounted == 0) return 0;
  for (int step = 0; step < kMaxPathNames; ++step) {
    record->path[step][0] = 0;
    if (at == BPF_CORE_READ(mounted, mnt_root)) {
      struct mount* mount = (void*)mounted - within;
      struct mount* above = BPF_CORE_READ(mount, mnt_parent);
      if (above == mount) return step;
      at = BPF_CORE_READ(mount, mnt_mountpoint);
      mounted = (void*)above + within;
    } else {  // a folder may be mounted on itself, so this is not decided by the name
      struct dentry* const from = at;
      const long size = bpf_probe_read_kernel_str(record->path[step], kMaxNameSize,
                                                  BPF_CORE_READ(at, d_name.name));
      if (size <= 1 || size == kMaxNameSize) return 0;
      at = BPF_CORE_READ(at, d_parent);
      if (at == from) return 0;
    }
    if (at == 0) return 0;
  }
  return 0;
}

/// A process that exits has lost its memory when its sockets are closed. The record then has no
/// path and no arguments.
static void put_process(struct SocketRecord* record) {
  struct task_struct* task = (struct task_struct*)bpf_get_current_task();
  struct mm_struct* mm = BPF_CORE_READ(task, mm);
  record->pid = bpf_get_current_pid_tgid() >> 32;
  record->uid = (__u32)bpf_get_current_uid_gid();
  bpf_get_current_comm(record->command, sizeof record->command);
  if (mm == 0) return;
  record->arguments_size = put_arguments(record, mm);
  record->path_names = put_path(record, mm);
}

/// True for the changes that only the socket's owner causes: connect(), listen(), shutdown(),
/// close().
static bool is_by_owner(int old, int new) {
  switch (new) {
    case kSynSent:
    case kListen:
    case kFinWait1:
    case kLastAck:
      return true;
    case kClose:
      return old == kEstablished || old == kCloseWait || old == kSynRecv;
    default:
      return false;
  }
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, struct sock* sk, int old, int new) {
  if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP) return 0;
  const bool by_owner = is_by_owner(old, new) && BPF_CORE_READ(sk, sk_lock.owned) != 0;
  if (!by_owner && old != kSynSent && old != kListen) return 0;
  const __u32 zero = 0;
  struct SocketRecord* record = bpf_map_lookup_elem(&scratch, &zero);
  if (record == 0) return 0;
  record->time = bpf_ktime_get_ns();
  record->cookie = bpf_get_socket_cookie(sk);
  record->netns = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
  record->old_state = old;
  record->new_state = new;
  put_ends(record, sk);
  record->pid = 0;
  record->arguments_size = record->path_names = 0;
  if (by_owner) put_process(record);
  const __u64 head = by_owner ? __builtin_offsetof(struct SocketRecord, arguments)
                              : __builtin_offsetof(struct SocketRecord, path);
  const __u64 size = head + (record->arguments_size & (kMaxArguments - 1));
  if (bpf_ringbuf_output(&records, record, size, 0) != 0) __sync_fetch_and_add(&lost, 1);
  return 0;
}

/// The tracing helpers require a GPL-compatible licence.
char licence[] SEC("license") = "Dual MIT/GPL";
