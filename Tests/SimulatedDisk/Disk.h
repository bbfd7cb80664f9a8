#ifndef HOOKLINE_DISK_H
#define HOOKLINE_DISK_H

#include <sqlite3.h>

#include "include/SimulatedDisk.h"

enum { SECTOR = 512, NAME_MAX_BYTES = 64, ENTRIES_MAX = 40, REGIONS_MAX = 64 };

/// Bytes that grow.
typedef struct bytes {
    uint8_t *at;
    size_t count, room;
} bytes;

/// A write, or a truncation, that was not synced yet.
typedef struct change {
    bool is_truncation;
    size_t offset, count;
    uint8_t *data;
} change;

/// A file's content, as a running process sees it and as it is on the disk.
typedef struct inode {
    bytes content, durable;
    change *changes;
    size_t change_count, change_room;
    int opened;
    /// Its name has to be synced with its first content, as SQLite does for logs and journals.
    bool syncs_folder;
    // Locks of the database, by the file that holds them.
    int shared;
    const void *reserved, *pending, *exclusive;
    // The shared memory, and its locks.
    uint8_t *regions[REGIONS_MAX];
    int mapped;
    int slot_shared[SQLITE_SHM_NLOCK];
    const void *slot_exclusive[SQLITE_SHM_NLOCK];
} inode;

/// A name: the file that it leads to now, and after a power cut.
typedef struct entry {
    char name[NAME_MAX_BYTES];
    inode *current, *durable;
} entry;

struct disk {
    sqlite3_vfs vfs;
    char name[32];
    uint64_t random;
    entry entries[ENTRIES_MAX];
    int opened;
    bool is_stopped;
    int64_t milliseconds;
    disk_rates rates;
    uint64_t capacity, calls, fail_at;
    uint32_t fail_kinds;
    int fault;
    bool fails_on, has_failed;
    void (*on_sync)(void *);
    void *context;
};

/// A number below `bound`.
uint64_t disk_random(disk *disk, uint64_t bound);
/// What happens to a call of this kind.
int disk_fault(disk *disk, uint32_t kind);
/// The result code of a call that fails with `fault`. Every call of a process that is gone fails
/// as a sync does, after which the receiver tries nothing more.
static inline int disk_code(int fault, int code) {
    return fault == DISK_STOPS ? SQLITE_IOERR_FSYNC : code;
}
/// The entry of a name, NULL when the name never was; with `adding` it is made.
entry *disk_entry(disk *disk, const char *name, bool adding);
/// Makes every name durable.
void sync_names(disk *disk);
void bytes_resize(bytes *bytes, size_t count);
inode *inode_create(void);
void inode_free(inode *inode);
/// Writes, in part when the disk fails; a result code of SQLite.
int inode_write(disk *disk, inode *inode, const void *data, size_t count, size_t offset);
int inode_truncate(disk *disk, inode *inode, size_t size);
int inode_sync(disk *disk, inode *inode);
/// Lets what was written reach the disk: each sector with a chance of `keep` thousandths.
void write_back(disk *disk, inode *inode, uint32_t keep);

/// Open file of SQLite.
typedef struct open_file {
    sqlite3_file base;
    disk *disk;
    inode *inode;
    int level;
    bool is_mapped, is_unnamed;
    uint16_t shared_slots, exclusive_slots;
} open_file;

int file_lock(sqlite3_file *file, int level);
int file_unlock(sqlite3_file *file, int level);
int file_check_reserved(sqlite3_file *file, int *result);
int file_map(sqlite3_file *file, int region, int size, int extend, void volatile **result);
int file_lock_slots(sqlite3_file *file, int first, int count, int flags);
void file_barrier(sqlite3_file *file);
int file_unmap(sqlite3_file *file, int removing);
void inode_free_regions(inode *inode);

/// Registers the VFS of a disk.
void disk_register(disk *disk);

#endif
