/// The VFS (https://sqlite.org/vfs.html).
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "Disk.h"

static int file_close(sqlite3_file *base) {
    open_file *file = (open_file *)base;
    inode *inode = file->inode;
    file_unmap(base, 0);
    file_unlock(base, SQLITE_LOCK_NONE);
    inode->opened--;
    file->disk->opened--;
    bool is_named = false;
    for (int i = 0; i < ENTRIES_MAX; i++) {
        const entry *entry = &file->disk->entries[i];
        if (entry->current == inode || entry->durable == inode) is_named = true;
    }
    if (!is_named && inode->opened == 0) inode_free(inode);
    return SQLITE_OK;
}

static int file_read(sqlite3_file *base, void *buffer, int count, sqlite3_int64 offset) {
    open_file *file = (open_file *)base;
    const bytes *content = &file->inode->content;
    int fault = disk_fault(file->disk, DISK_READ);
    if (fault != DISK_WORKS && fault != DISK_FLIPS) return disk_code(fault, SQLITE_IOERR_READ);
    size_t start = (size_t)offset;
    size_t wanted = (size_t)count;
    size_t there = start < content->count ? content->count - start : 0;
    if (there > wanted) there = wanted;
    if (there > 0) memcpy(buffer, content->at + start, there);
    if (fault == DISK_FLIPS && there > 0) {
        ((uint8_t *)buffer)[disk_random(file->disk, there)] ^=
            (uint8_t)(1 << disk_random(file->disk, 8));
    }
    if (there == wanted) return SQLITE_OK;
    memset((uint8_t *)buffer + there, 0, wanted - there);
    return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *base, const void *data, int count, sqlite3_int64 offset) {
    open_file *file = (open_file *)base;
    return inode_write(file->disk, file->inode, data, (size_t)count, (size_t)offset);
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
    open_file *file = (open_file *)base;
    return inode_truncate(file->disk, file->inode, (size_t)size);
}

static int file_sync(sqlite3_file *base, int flags) {
    (void)flags;
    open_file *file = (open_file *)base;
    return inode_sync(file->disk, file->inode);
}

static int file_size(sqlite3_file *base, sqlite3_int64 *size) {
    open_file *file = (open_file *)base;
    int fault = disk_fault(file->disk, DISK_SIZE);
    if (fault != DISK_WORKS) return disk_code(fault, SQLITE_IOERR_FSTAT);
    *size = (sqlite3_int64)file->inode->content.count;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int operation, void *argument) {
    (void)file, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

// As SQLite's own VFS for Unix has them.
static int file_sector_size(sqlite3_file *file) {
    (void)file;
    return 4096;
}

static int file_characteristics(sqlite3_file *file) {
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = file_map,
    .xShmLock = file_lock_slots,
    .xShmBarrier = file_barrier,
    .xShmUnmap = file_unmap,
};

static int vfs_open(
    sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *base, int flags, int *out_flags) {
    disk *disk = vfs->pAppData;
    open_file *file = (open_file *)base;
    memset(file, 0, sizeof *file);
    if (disk_fault(disk, DISK_OPEN) != DISK_WORKS) return SQLITE_CANTOPEN;
    inode *found = NULL;
    if (name) {
        entry *entry = disk_entry(disk, name, flags & SQLITE_OPEN_CREATE);
        if (!entry) return SQLITE_CANTOPEN;
        if (!entry->current && !(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
        if (!entry->current) {
            entry->current = inode_create();
            entry->current->syncs_folder = !(flags & SQLITE_OPEN_MAIN_DB);
        }
        found = entry->current;
    } else {
        found = inode_create();
    }
    file->base.pMethods = &methods;
    file->disk = disk;
    file->inode = found;
    found->opened++;
    disk->opened++;
    if (out_flags) *out_flags = flags;
    return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int syncing) {
    disk *disk = vfs->pAppData;
    entry *entry = disk_entry(disk, name, false);
    int fault = disk_fault(disk, DISK_DELETE);
    if (fault != DISK_WORKS) return disk_code(fault, SQLITE_IOERR_DELETE);
    if (!entry || !entry->current) return SQLITE_IOERR_DELETE_NOENT;
    inode *inode = entry->current;
    entry->current = NULL;
    if (inode != entry->durable && inode->opened == 0) inode_free(inode);
    if (syncing && disk_sync_folder(disk) != 0) return SQLITE_IOERR_DIR_FSYNC;
    return SQLITE_OK;
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *result) {
    (void)flags;
    disk *disk = vfs->pAppData;
    int fault = disk_fault(disk, DISK_ACCESS);
    if (fault != DISK_WORKS) return disk_code(fault, SQLITE_IOERR_ACCESS);
    const entry *entry = disk_entry(disk, name, false);
    // A log without content is taken for none, as SQLite's own VFS does.
    *result = entry && entry->current
        && (flags != SQLITE_ACCESS_EXISTS || entry->current->content.count > 0);
    return SQLITE_OK;
}

static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int room, char *result) {
    (void)vfs;
    sqlite3_snprintf(room, result, "%s", name);
    return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *vfs, int count, char *result) {
    disk *disk = vfs->pAppData;
    for (int i = 0; i < count; i++) result[i] = (char)disk_random(disk, 256);
    return count;
}

static int vfs_wait(sqlite3_vfs *vfs, int microseconds) {
    // Nobody else runs meanwhile: waiting would change nothing.
    (void)vfs;
    return microseconds;
}

static int vfs_time(sqlite3_vfs *vfs, double *days) {
    const disk *disk = vfs->pAppData;
    *days = 2440587.5 + (double)disk->milliseconds / 86400000;
    return SQLITE_OK;
}

void disk_register(disk *disk) {
    static atomic_uint last;
    snprintf(disk->name, sizeof disk->name, "simulated-%u", atomic_fetch_add(&last, 1) + 1);
    disk->vfs = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = sizeof(open_file),
        .mxPathname = NAME_MAX_BYTES - 16,
        .zName = disk->name,
        .pAppData = disk,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_wait,
        .xCurrentTime = vfs_time,
    };
    sqlite3_vfs_register(&disk->vfs, 0);
}
