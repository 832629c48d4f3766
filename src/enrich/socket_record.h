/// \file
/// SocketRecord: what the eBPF program tells of a socket, for C and for C++.
///
/// Written by src/enrich/bpf/socket_events.bpf.c, read by socket_owner_cache.h. The two are built
/// together, so that there are no versions.
#pragma once

enum { kMostWords = 4096, kMostNames = 16, kLongestName = 64 };

/// Only the first `words_size` of `words` are sent, so that a record is mostly a good kilobyte.
struct SocketRecord {
  unsigned long long time;    ///< CLOCK_MONOTONIC, ns
  unsigned long long cookie;  ///< names the socket until the next boot
  unsigned int netns;         ///< inode number of its network namespace
  unsigned int pid;           ///< 0: the transition ran in nobody's context
  unsigned int uid;
  unsigned short local_port;   ///< host order; 0 where connect() has not chosen one yet
  unsigned short remote_port;  ///< host order
  unsigned char local[16];     ///< IPv4 is mapped
  unsigned char remote[16];
  unsigned char old_state;
  unsigned char new_state;
  unsigned short words_size;
  unsigned short path_names;  ///< 0: not known, or too long
  char command[16];           ///< comm of the process, ends with a zero
  /// The names on the way from its executable up to the root, some of them empty; the first
  /// `path_names` count.
  char path[kMostNames][kLongestName];
  char words[kMostWords];  ///< its command line, each word ends with a zero
};
