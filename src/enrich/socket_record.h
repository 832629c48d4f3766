/// \file
/// SocketRecord: one socket change as the eBPF program reports it. Valid in C and C++.
///
/// Written by src/enrich/bpf/socket_events.bpf.c, read by socket_owner_cache.cc. Both are always
/// built together, so the record has no version.
#pragma once

enum { kMaxArguments = 4096, kMaxPathNames = 16, kMaxNameSize = 64 };

/// Only the first `arguments_size` bytes of `arguments` are sent, so that most records take little
/// more than a kilobyte.
struct SocketRecord {
  unsigned long long time;    ///< CLOCK_MONOTONIC, ns
  unsigned long long cookie;  ///< identifies the socket until the next boot
  unsigned int netns;         ///< inode number of its network namespace
  unsigned int pid;           ///< 0: no process caused the change
  unsigned int uid;
  unsigned short local_port;   ///< host order; 0 before connect() has chosen one
  unsigned short remote_port;  ///< host order
  unsigned char local[16];     ///< IPv4 is mapped
  unsigned char remote[16];
  unsigned char old_state;
  unsigned char new_state;
  unsigned short arguments_size;
  unsigned short path_names;  ///< how many entries of `path` are valid; 0: unknown, or too long
  char command[16];           ///< comm of the process, zero-terminated
  /// The names from its executable up to the root; some are empty.
  char path[kMaxPathNames][kMaxNameSize];
  char arguments[kMaxArguments];  ///< its command line; each argument ends with a zero
};
