#ifndef HOOKLINE_SIMULATED_DISK_H
#define HOOKLINE_SIMULATED_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// A disk in memory with a VFS of SQLite on top, for tests: what was synced is kept apart from
/// what was only written, and calls fail when they are told to. All chance comes from the seed.
///
/// A disk, and every connection to a database on it, is used by one thread at a time.
typedef struct disk disk;

/// Calls that can fail, one bit each.
enum {
    DISK_OPEN = 1 << 0,
    DISK_READ = 1 << 1,
    DISK_WRITE = 1 << 2,
    DISK_TRUNCATE = 1 << 3,
    DISK_SYNC = 1 << 4,
    DISK_SIZE = 1 << 5,
    DISK_DELETE = 1 << 6,
    DISK_ACCESS = 1 << 7,
    DISK_LOCK = 1 << 8,
    DISK_MAP = 1 << 9,
    DISK_ALL = (1 << 10) - 1,
};

/// What happens to a call.
enum {
    /// It works.
    DISK_WORKS = 0,
    /// EIO. A write may have been done in part. A sync has synced some of what was written, and
    /// the rest never reaches the disk: the kernel takes it for clean.
    DISK_FAILS = 1,
    /// ENOSPC where a call can meet it, EIO elsewhere. A write may have been done in part.
    DISK_IS_FULL = 2,
    /// The process ends in this call, as if killed: nothing works until `disk_restart`.
    DISK_STOPS = 3,
    /// A read returns, or a write stores, one flipped bit.
    DISK_FLIPS = 4,
};

/// Chances of one call, in millionths.
typedef struct disk_rates {
    uint32_t read_fails, read_flips, write_fails, write_flips, write_full, sync_fails, other_fails;
} disk_rates;

/// Makes an empty disk and registers its VFS.
disk *disk_create(uint64_t seed);
/// Frees the disk; no connection may be left.
void disk_destroy(disk *disk);
/// The name of the VFS, for `file:/name?vfs=...`.
const char *disk_name(const disk *disk);

/// Calls of these kinds so far, since `disk_fail_at` last.
uint64_t disk_calls(const disk *disk);
/// The call number `call` (from 1, counted from now) of the kinds `kinds` meets `fault`; with
/// `persistent` so does every later one. Number 0 switches it off.
void disk_fail_at(disk *disk, uint64_t call, uint32_t kinds, int fault, bool persistent);
/// True when a fault that was asked for by `disk_fail_at` has happened.
bool disk_has_failed(const disk *disk);
/// Sets the chances of faults.
void disk_set_rates(disk *disk, disk_rates rates);
/// Bytes that fit on the disk.
void disk_set_capacity(disk *disk, uint64_t bytes);
/// Bytes on the disk.
uint64_t disk_used(const disk *disk);
/// Is called at the beginning of each sync of a file: others work while the disk does.
void disk_on_sync(disk *disk, void (*call)(void *context), void *context);

/// Gives a file another name at once and durably; false when there is none. No connection may
/// have it open.
bool disk_rename(disk *disk, const char *name, const char *other);

/// Sets the time that SQLite hears, in milliseconds since the epoch.
void disk_set_time(disk *disk, int64_t milliseconds);

/// The process is gone: every call fails and does nothing.
void disk_stop(disk *disk);
/// True until then.
bool disk_is_stopped(const disk *disk);
/// Another process begins, with what is written. No connection may be left.
void disk_restart(disk *disk);
/// Power is lost: of each file a part of what was not synced is kept, sector by sector, each
/// with a chance of `keep` thousandths. Then as `disk_restart`.
void disk_cut_power(disk *disk, uint32_t keep);
/// Makes names durable, as an fsync of the folder does; 0, or -1 when it fails.
int disk_sync_folder(disk *disk);

/// The size of a file, -1 when there is none.
int64_t disk_size(disk *disk, const char *name);
/// Copies from a file; how many bytes there were. No fault meets it.
size_t disk_peek(disk *disk, const char *name, size_t offset, void *bytes, size_t count);
/// Flips bits of one byte of a file, on the disk; false when it has no such byte.
bool disk_damage(disk *disk, const char *name, size_t offset, uint8_t mask);
/// Appends to a file as one write, creating it; 0, or -1 when it fails.
int disk_append(disk *disk, const char *name, const void *bytes, size_t count);
/// Removes a file; 0, or -1 when it fails.
int disk_remove(disk *disk, const char *name);

#endif
