/// Locks and shared memory, as several connections of one process need them.
#include <stdlib.h>
#include <string.h>

#include "Disk.h"

int file_lock(sqlite3_file *base, int level) {
    open_file *file = (open_file *)base;
    inode *inode = file->inode;
    if (file->level >= level) return SQLITE_OK;
    int fault = disk_fault(file->disk, DISK_LOCK);
    if (fault != DISK_WORKS) return disk_code(fault, SQLITE_IOERR_LOCK);
    bool others_write = (inode->exclusive && inode->exclusive != file)
        || (inode->pending && inode->pending != file);
    if (file->level == SQLITE_LOCK_NONE) {
        if (others_write) return SQLITE_BUSY;
        inode->shared++;
        file->level = SQLITE_LOCK_SHARED;
        if (level == SQLITE_LOCK_SHARED) return SQLITE_OK;
    }
    if (inode->reserved && inode->reserved != file) return SQLITE_BUSY;
    if (others_write) return SQLITE_BUSY;
    inode->reserved = file;
    if (level == SQLITE_LOCK_EXCLUSIVE) {
        inode->pending = file;
        if (inode->shared > 1) {
            file->level = SQLITE_LOCK_PENDING;
            return SQLITE_BUSY;
        }
        inode->exclusive = file;
    }
    file->level = level;
    return SQLITE_OK;
}

int file_unlock(sqlite3_file *base, int level) {
    open_file *file = (open_file *)base;
    inode *inode = file->inode;
    if (file->level <= level) return SQLITE_OK;
    if (inode->reserved == file) inode->reserved = NULL;
    if (inode->pending == file) inode->pending = NULL;
    if (inode->exclusive == file) inode->exclusive = NULL;
    if (level == SQLITE_LOCK_NONE && inode->shared > 0) inode->shared--;
    file->level = level;
    return SQLITE_OK;
}

int file_check_reserved(sqlite3_file *base, int *result) {
    open_file *file = (open_file *)base;
    int fault = disk_fault(file->disk, DISK_LOCK);
    if (fault != DISK_WORKS) return disk_code(fault, SQLITE_IOERR_CHECKRESERVEDLOCK);
    *result = file->inode->reserved != NULL;
    return SQLITE_OK;
}

int file_map(sqlite3_file *base, int region, int size, int extend, void volatile **result) {
    open_file *file = (open_file *)base;
    inode *inode = file->inode;
    *result = NULL;
    int fault = disk_fault(file->disk, DISK_MAP);
    if (fault != DISK_WORKS || region >= REGIONS_MAX) {
        return disk_code(fault, SQLITE_IOERR_SHMMAP);
    }
    if (!file->is_mapped) inode->mapped++;
    file->is_mapped = true;
    if (!inode->regions[region] && extend) inode->regions[region] = calloc(1, (size_t)size);
    *result = inode->regions[region];
    return SQLITE_OK;
}

int file_lock_slots(sqlite3_file *base, int first, int count, int flags) {
    open_file *file = (open_file *)base;
    inode *inode = file->inode;
    bool is_shared = flags & SQLITE_SHM_SHARED;
    if (flags & SQLITE_SHM_LOCK && file->disk->is_stopped) return SQLITE_IOERR_FSYNC;
    for (int slot = first; slot < first + count; slot++) {
        const void *owner = inode->slot_exclusive[slot];
        int others = inode->slot_shared[slot] - (file->shared_slots >> slot & 1);
        if (!(flags & SQLITE_SHM_LOCK)) continue;
        if (owner && owner != file) return SQLITE_BUSY;
        if (!is_shared && others > 0) return SQLITE_BUSY;
    }
    for (int slot = first; slot < first + count; slot++) {
        uint16_t bit = (uint16_t)(1 << slot);
        if (flags & SQLITE_SHM_LOCK && is_shared) {
            if (!(file->shared_slots & bit)) inode->slot_shared[slot]++;
            file->shared_slots |= bit;
        } else if (flags & SQLITE_SHM_LOCK) {
            inode->slot_exclusive[slot] = file;
            file->exclusive_slots |= bit;
        } else {
            if (file->shared_slots & bit) inode->slot_shared[slot]--;
            if (file->exclusive_slots & bit) inode->slot_exclusive[slot] = NULL;
            file->shared_slots &= (uint16_t)~bit;
            file->exclusive_slots &= (uint16_t)~bit;
        }
    }
    return SQLITE_OK;
}

void file_barrier(sqlite3_file *base) {
    // One thread at a time uses a disk.
    (void)base;
}

int file_unmap(sqlite3_file *base, int removing) {
    open_file *file = (open_file *)base;
    inode *inode = file->inode;
    if (!file->is_mapped) return SQLITE_OK;
    file_lock_slots(base, 0, SQLITE_SHM_NLOCK, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
    file->is_mapped = false;
    inode->mapped--;
    if (removing && inode->mapped == 0) inode_free_regions(inode);
    return SQLITE_OK;
}

void inode_free_regions(inode *inode) {
    for (int region = 0; region < REGIONS_MAX; region++) {
        free(inode->regions[region]);
        inode->regions[region] = NULL;
    }
    memset(inode->slot_shared, 0, sizeof inode->slot_shared);
    memset(inode->slot_exclusive, 0, sizeof inode->slot_exclusive);
}
